from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.domains import shares
from spamca.domains.components import Block
from spamca.domains.gaussians import RIDGE


@pytest.fixture
def stripes(make_toy):
    """400 spots, four domains from left to right."""
    toy = make_toy(20, 20, 1)
    toy.truth, toy.n_domains = np.arange(400) % 20 // 5, 4
    return toy


def seen(toy, means, rng):
    """Components of a modality, by the means that it has in the domains."""
    values = np.asarray(means, dtype=float)[toy.truth] + rng.normal(size=(toy.n_spots, len(means[0])))
    return values - values.mean(axis=0)


@pytest.fixture
def lacking(toy, rng):
    """Two modalities, the second missing in three of ten spots."""
    present = rng.random(toy.n_spots) < 0.7
    second = Block(np.where(present[:, None], seen(toy, np.eye(3) * 3, rng), 0), present=present, modality=1)
    return toy.having(seen(toy, np.eye(3) * 3, rng), second)


def test_shares_are_the_equation(toy, rng, moments):
    q = rng.dirichlet(np.full(3, 0.3), toy.n_spots).astype(np.float32)
    blocks = [Block(seen(toy, 2 * rng.normal(size=(3, 2)), rng), w, modality=m) for m, w in enumerate((1, 0.4))]
    step, nats = toy.graph.step.toarray(), []
    around = step @ step @ q + 0.1 / 3
    for block in blocks:
        means, within = moments(block, q)
        within = within + RIDGE * np.diag(np.diag(block.total))
        density = np.column_stack([multivariate_normal(mean, within).logpdf(block.values) for mean in means])
        own = np.zeros(toy.n_spots)
        for k in range(3):
            for other in set(range(3)) - {k}:
                rivals = around[:, other] / (around.sum(axis=1) - around[:, k])
                own += q[:, k] * rivals * (density[:, k] - density[:, other])
        nats.append(np.maximum(step @ step @ (block.weight * own), 1e-3))
    expected = np.column_stack(nats) / np.sum(nats, axis=0)[:, None]
    assert expected[:, 0].std() > 0.05
    found = shares(toy.having(*blocks), q, 2)
    assert found.dtype == np.float64
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found, expected, atol=3e-4)


def test_modality_that_shows_nothing_of_the_domains_has_next_to_no_share(toy, rng):
    given = toy.having(seen(toy, np.eye(3) * 4, rng), rng.normal(size=(toy.n_spots, 2)))
    assert shares(given, toy.member, 2)[:, 1].mean() < 0.05


def test_modality_without_a_block_has_no_share(toy, rng):
    found = shares(toy.having(Block(seen(toy, np.eye(3) * 4, rng), modality=1)), toy.member, 3)
    np.testing.assert_allclose(found, np.tile([0, 1, 0], (toy.n_spots, 1)))


def test_missing_modality_has_share_zero(toy, lacking):
    found, (_, second) = shares(lacking, toy.member, 2), lacking.blocks
    np.testing.assert_array_equal(found[~second.present], np.tile([1, 0], ((~second.present).sum(), 1)))
    assert found[second.present, 1].mean() > 0.3
    alone = shares(lacking.having([second]), toy.member, 2)
    assert not alone[~second.present].any()
    np.testing.assert_array_equal(alone[second.present], np.tile([0, 1], (second.present.sum(), 1)))


def test_modality_blind_to_two_domains_has_the_smaller_share_where_they_meet(stripes, rng):
    """Of four stripes the second modality cannot separate the first two."""
    sees, blind = [[0, 0], [4, 0], [0, 4], [4, 4]], [[0, 0], [0, 0], [0, 4], [4, 4]]
    found = shares(stripes.having(*(seen(stripes, means, rng) for means in (sees, blind))), stripes.member, 2)
    column = np.arange(400) % 20
    assert found[np.isin(column, (4, 5)), 1].mean() < 0.3
    assert found[np.isin(column, (14, 15)), 1].mean() == pytest.approx(0.5, abs=0.1)


def test_modality_of_lower_weight_has_the_smaller_share(toy, rng):
    values = seen(toy, np.eye(3) * 4, rng)
    found = shares(toy.having(values, Block(values, 0.25, modality=1)), toy.member, 2)
    np.testing.assert_allclose(found.mean(axis=0), [0.8, 0.2], atol=0.01)


def test_order_of_spots_and_of_domains_changes_nothing_but_rounding(toy, lacking, rng):
    order, found = rng.permutation(toy.n_spots), shares(lacking, toy.member, 2)
    np.testing.assert_allclose(shares(lacking.take(order), toy.member[order], 2), found[order], atol=1e-4)
    np.testing.assert_allclose(shares(lacking, toy.member[:, [2, 0, 1]].copy(), 2), found, atol=1e-4)


def test_added_noise_counts(toy, rng):
    """It lowers most the modality whose components vary least within domains."""
    given = toy.having(0.01 * seen(toy, np.eye(3) * 4, rng), seen(toy, np.eye(3) * 4, rng))
    without, with_noise = (shares(given, toy.member, 2, noise=v) for v in (0.0, 0.03))
    assert without[:, 0].mean() == pytest.approx(0.5, abs=0.1)
    assert with_noise[:, 0].mean() < 0.1


def test_one_domain_gives_even_shares(toy, rng):
    """There is no other domain to compare with."""
    given = toy.having(*rng.normal(size=(2, toy.n_spots, 2)))
    np.testing.assert_allclose(shares(given, np.ones((toy.n_spots, 1), dtype=np.float32), 2), 0.5)
