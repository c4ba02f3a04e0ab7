from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.domains import DEFAULTS, Block
from spamca.domains import shares as of_components
from spamca.domains.gaussians import RIDGE
from spamca.domains.graph import Graph


@pytest.fixture
def shares(together):
    return lambda blocks, adjacency, *rest, **options: of_components(together(blocks, adjacency), *rest, **options)


@pytest.fixture
def member(toy):
    return np.eye(3, dtype=np.float32)[toy.truth]


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


def test_shares_are_the_equation(toy, rng, shares, moments):
    q = rng.dirichlet(np.full(3, 0.3), toy.n_spots).astype(np.float32)
    blocks = [
        Block(seen(toy, 2 * rng.normal(size=(3, 2)), rng), weight, modality=m) for m, weight in enumerate((1, 0.4))
    ]
    step, said = Graph(toy.adjacency).step.toarray(), []
    around = step @ step @ q + DEFAULTS.elsewhere / 3
    for block in blocks:
        means, within = moments(block, q.astype(float))
        within = within + RIDGE * np.diag(np.diag(block.total))
        density = np.column_stack([multivariate_normal(mean, within).logpdf(block.values) for mean in means])
        nats = np.zeros(toy.n_spots)
        for k in range(3):
            for other in set(range(3)) - {k}:
                rivals = around[:, other] / (around.sum(axis=1) - around[:, k])
                nats += q[:, k] * rivals * (density[:, k] - density[:, other])
        said.append(np.maximum(step @ step @ (block.weight * nats), 1e-3))
    expected = np.column_stack(said) / np.sum(said, axis=0)[:, None]
    np.testing.assert_allclose(shares(blocks, toy.adjacency, q, 2), expected, atol=2e-4)


def test_rows_sum_to_one(toy, member, rng, shares):
    blocks = [Block(seen(toy, 2 * rng.normal(size=(3, 2)), rng), modality=m) for m in range(3)]
    found = shares(blocks, toy.adjacency, member, 3)
    assert found.dtype == np.float64
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_modality_that_shows_nothing_of_the_domains_has_next_to_no_share(toy, member, rng, shares):
    blocks = [Block(seen(toy, np.eye(3) * 4, rng)), Block(rng.normal(size=(toy.n_spots, 2)), modality=1)]
    assert shares(blocks, toy.adjacency, member, 2)[:, 1].mean() < 0.05


def test_modality_without_a_block_has_no_share(toy, member, rng, shares):
    found = shares([Block(seen(toy, np.eye(3) * 4, rng), modality=1)], toy.adjacency, member, 3)
    np.testing.assert_allclose(found, np.tile([0, 1, 0], (toy.n_spots, 1)))


def test_missing_modality_has_share_zero(toy, member, rng, shares):
    present = rng.random(toy.n_spots) < 0.7
    second = Block(np.where(present[:, None], seen(toy, np.eye(3) * 3, rng), 0), present=present, modality=1)
    found = shares([Block(seen(toy, np.eye(3) * 3, rng)), second], toy.adjacency, member, 2)
    np.testing.assert_array_equal(found[~present], np.tile([1, 0], ((~present).sum(), 1)))
    assert found[present, 1].mean() > 0.3


def test_spot_that_lacks_all_has_no_shares(toy, member, rng, shares):
    present = np.arange(toy.n_spots) > 0
    block = Block(np.where(present[:, None], seen(toy, np.eye(3) * 3, rng), 0), present=present)
    found = shares([block], toy.adjacency, member, 1)
    assert found[0, 0] == 0
    np.testing.assert_array_equal(found[1:], 1)


def test_modality_blind_to_two_domains_has_the_smaller_share_where_they_meet(stripes, rng, shares):
    """Of four stripes the second modality cannot separate the first two."""
    sees = [[0, 0], [4, 0], [0, 4], [4, 4]]
    blind = [[0, 0], [0, 0], [0, 4], [4, 4]]
    blocks = [Block(seen(stripes, means, rng), modality=m) for m, means in enumerate((sees, blind))]
    found = shares(blocks, stripes.adjacency, np.eye(4, dtype=np.float32)[stripes.truth], 2)
    column = np.arange(400) % 20
    assert found[np.isin(column, (4, 5)), 1].mean() < 0.3
    assert found[np.isin(column, (14, 15)), 1].mean() == pytest.approx(0.5, abs=0.1)


def test_what_is_trusted_less_has_the_smaller_share(toy, member, rng, shares):
    values = seen(toy, np.eye(3) * 4, rng)
    found = shares([Block(values), Block(values, 0.25, modality=1)], toy.adjacency, member, 2)
    np.testing.assert_allclose(found.mean(axis=0), [0.8, 0.2], atol=0.01)


def test_order_of_spots_changes_nothing_but_rounding(toy, member, rng, shares):
    present, order = rng.random(toy.n_spots) < 0.7, rng.permutation(toy.n_spots)
    second = Block(np.where(present[:, None], seen(toy, np.eye(3) * 3, rng), 0), present=present, modality=1)
    blocks = [Block(seen(toy, np.eye(3) * 3, rng)), second]
    found = shares(blocks, toy.adjacency, member, 2)
    other = shares([b.take(order) for b in blocks], toy.adjacency[order][:, order], member[order], 2)
    np.testing.assert_allclose(other, found[order], atol=1e-4)


def test_order_of_domains_changes_nothing_but_rounding(toy, member, rng, shares):
    blocks = [Block(seen(toy, 2 * rng.normal(size=(3, 2)), rng), modality=m) for m in range(2)]
    found = shares(blocks, toy.adjacency, member, 2)
    np.testing.assert_allclose(shares(blocks, toy.adjacency, member[:, [2, 0, 1]].copy(), 2), found, atol=1e-4)


def test_noise_is_taken_for_what_it_is(toy, member, rng, shares):
    """Added variance takes most from the modality whose components vary least within domains."""
    fine = Block(0.01 * seen(toy, np.eye(3) * 4, rng))
    coarse = Block(seen(toy, np.eye(3) * 4, rng), modality=1)
    without, with_noise = (shares([fine, coarse], toy.adjacency, member, 2, noise=v) for v in (0.0, 0.03))
    assert without[:, 0].mean() == pytest.approx(0.5, abs=0.1)
    assert with_noise[:, 0].mean() < 0.1


def test_one_domain_gives_even_shares(toy, rng, shares):
    """There is nothing that it could be taken for."""
    blocks = [Block(rng.normal(size=(toy.n_spots, 2)), modality=m) for m in range(2)]
    found = shares(blocks, toy.adjacency, np.ones((toy.n_spots, 1), dtype=np.float32), 2)
    np.testing.assert_allclose(found, 0.5)
