import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.domains import shares
from spamca.domains.components import Block
from spamca.domains.gaussians import RIDGE


def seen(toy, means, rng):
    """Components of a modality, by the means that it has in the domains."""
    values = np.asarray(means, dtype=float)[toy.truth] + rng.normal(size=(toy.n_spots, len(means[0])))
    return values - values.mean(axis=0)


def test_shares_are_the_equation(toy, rng, moments):
    q = rng.dirichlet(np.full(3, 0.3), toy.n_spots).astype(np.float32)
    blocks = [Block(seen(toy, 2 * rng.normal(size=(3, 2)), rng), w, modality=m) for m, w in enumerate((1, 0.4))]
    step, nats = toy.graph.step.toarray(), []
    around = step @ step @ q + 0.1 / 3
    for block in blocks:
        means, within = moments(block, q)
        within = within + RIDGE * np.diag(np.diag(block.total)) + 0.03 * np.eye(2)
        density = np.column_stack([multivariate_normal(mean, within).logpdf(block.values) for mean in means])
        own = np.zeros(toy.n_spots)
        for k in range(3):
            for other in set(range(3)) - {k}:
                rivals = around[:, other] / (around.sum(axis=1) - around[:, k])
                own += q[:, k] * rivals * (density[:, k] - density[:, other])
        nats.append(np.maximum(step @ step @ (block.weight * own), 1e-3))
    expected = np.column_stack(nats) / np.sum(nats, axis=0)[:, None]
    assert expected[:, 0].std() > 0.05
    found = shares(toy.having(*blocks), q, 2, noise=0.03)
    np.testing.assert_allclose(found, expected, atol=3e-4)


def test_missing_modality_has_share_zero_and_orders_do_not_matter(toy, rng):
    present, order = rng.random(toy.n_spots) < 0.7, rng.permutation(toy.n_spots)
    second = Block(np.where(present[:, None], seen(toy, np.eye(3) * 3, rng), 0), present=present, modality=1)
    given = toy.having(seen(toy, np.eye(3) * 3, rng), second)
    found, alone = shares(given, toy.member, 2), shares(given.having([second]), toy.member, 3)
    np.testing.assert_array_equal(found[~present], np.tile([1, 0], ((~present).sum(), 1)))
    assert found[present, 1].mean() > 0.3
    np.testing.assert_array_equal(alone, np.column_stack([0 * present, present, 0 * present]))
    np.testing.assert_allclose(shares(given.take(order), toy.member[order], 2), found[order], atol=1e-4)
    np.testing.assert_allclose(shares(given, toy.member[:, [2, 0, 1]].copy(), 2), found, atol=1e-4)
    one = shares(given, np.ones((toy.n_spots, 1), dtype=np.float32), 2)
    np.testing.assert_allclose(one[present], 0.5)  # there is no other domain to compare with


def test_modality_blind_to_two_domains_has_the_smaller_share_where_they_meet(make_toy, rng):
    """Of four stripes the second modality cannot separate the first two."""
    toy, column = make_toy(20, 20, 4), np.arange(400) % 20
    toy.truth = column // 5
    sees, blind = [[0, 0], [4, 0], [0, 4], [4, 4]], [[0, 0], [0, 0], [0, 4], [4, 4]]
    found = shares(toy.having(*(seen(toy, means, rng) for means in (sees, blind))), toy.member, 2)
    assert found[np.isin(column, (4, 5)), 1].mean() < 0.3
    assert found[np.isin(column, (14, 15)), 1].mean() == pytest.approx(0.5, abs=0.1)
