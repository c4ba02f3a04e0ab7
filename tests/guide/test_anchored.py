from __future__ import annotations

import numpy as np
import pytest

from spamca.guide.anchored import ANCHOR, Anchored
from spamca.guide.blocks import Block
from spamca.guide.field import COHERENCE, pull
from spamca.guide.relaxation import PRIOR, Gaussians, Relaxation
from spamca.guide.statistics import Statistics


@pytest.fixture
def parted(toy, rng):
    """Two tissues on one graph: their blocks, and hard domains of each."""
    blocks = [Block(toy.features(4, seed=1) + 0.1 * rng.normal(size=(196, 4))) for _ in range(2)]
    blocks = [Block(block.values - block.values.mean(axis=0)) for block in blocks]
    return blocks, np.eye(3, dtype=np.float32)[toy.truth]


def anchored(toy, parted, n_domains=3):
    (first, new), member = parted
    known = Relaxation(Statistics([first], toy.n_spots), pull(toy.adjacency, COHERENCE)).gaussians(
        member[:, :n_domains]
    )
    sizes = [first.sizes(member[:, :n_domains])]
    return Anchored(Statistics([new], toy.n_spots), pull(toy.adjacency, COHERENCE), known, sizes)


def test_gaussians_are_those_of_both_tissues_together(toy, parted):
    """While no domain has more spots than count."""
    blocks, member = parted
    assert member.sum(axis=0).max() < ANCHOR
    (found,) = anchored(toy, parted).gaussians(member)
    values, both = np.vstack([block.values for block in blocks]), np.tile(np.eye(3)[toy.truth], (2, 1))
    means = both.T @ values / both.sum(axis=0)[:, None]
    left = values - both @ means
    within = left.T @ left / len(left)
    np.testing.assert_allclose(found.means, means, atol=1e-5)
    for k in range(3):
        scatter = (left * both[:, [k]]).T @ left
        expected = (PRIOR * within + scatter) / (PRIOR + both[:, k].sum())
        np.testing.assert_allclose(found.covariances[k], expected, atol=1e-3)


def test_domains_count_for_no_more_than_that(toy, parted, monkeypatch):
    blocks, member = parted
    monkeypatch.setattr("spamca.guide.anchored.ANCHOR", 1e-6)
    (found,) = anchored(toy, parted).gaussians(member)
    (alone,) = Relaxation(Statistics([blocks[1]], toy.n_spots), pull(toy.adjacency, COHERENCE)).gaussians(member)
    np.testing.assert_allclose(found.means, alone.means, atol=1e-5)
    np.testing.assert_allclose(found.covariances, alone.covariances, atol=1e-2)


def test_domains_that_are_not_known_are_those_of_the_new_tissue(toy, parted):
    (_, new), member = parted
    found = anchored(toy, parted, n_domains=2).gaussians(member)[0]
    np.testing.assert_allclose(found.means[2], new.values[toy.truth == 2].mean(axis=0), atol=1e-5)
    assert (np.linalg.eigvalsh(found.covariances) > 0).all()


def test_domain_without_spots_stays_what_it_was(toy, parted):
    (first, _), member = parted
    found = anchored(toy, parted).gaussians(np.pad(member[:, :2] + [[0, 0]], ((0, 0), (0, 1))).astype(np.float32))[0]
    np.testing.assert_allclose(found.means[2], first.values[toy.truth == 2].mean(axis=0), atol=1e-5)


def test_gaussians_that_were_not_drawn_together_are_found_again(toy, parted):
    from spamca.guide.anchored import _undrawn

    (first, _), member = parted
    known = Relaxation(Statistics([first], toy.n_spots), pull(toy.adjacency, COHERENCE)).gaussians(member)[0]
    found = _undrawn(Gaussians(known.means, known.covariances), member.sum(axis=0))
    for k in range(3):
        np.testing.assert_allclose(found.covariances[k], np.cov(first.values[toy.truth == k].T, bias=True), atol=1e-3)
