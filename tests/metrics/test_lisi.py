from __future__ import annotations

import numpy as np
import pytest

from spamca.metrics._lisi import MAX_SPOTS, NEIGHBORS, _kernel, lisi


@pytest.fixture
def points(rng):
    return rng.normal(size=(400, 3))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_lisi_is_what_its_definition_gives(points, rng):
    groups = rng.integers(3, size=400)
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    expected = []
    for i in range(0, 400, 50):
        near = away[i].argsort()[:NEIGHBORS]
        share = _kernel(away[i, near][None], NEIGHBORS / 3)[0]
        expected.append(1 / sum(share[groups[near] == g].sum() ** 2 for g in range(3)))
    np.testing.assert_allclose(lisi(groups, points)[::50], expected)


def test_kernel_has_the_perplexity_asked_for(rng):
    share = _kernel(rng.gamma(2.0, size=(20, 90)), 30.0)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(-(share * np.log(share)).sum(axis=1)), 30, rtol=1e-6)
    np.testing.assert_allclose(_kernel(np.ones((1, 90)), 30.0), 1 / 90)


def test_effective_number_of_groups(points):
    groups = np.repeat([0, 1], 200)
    assert np.median(lisi(groups, points)) > 1.9
    assert lisi(groups, points + 20 * groups[:, None]) == pytest.approx(1)
    assert lisi(np.zeros(400, dtype=int), points) == pytest.approx(1)


def test_spots_on_one_point_have_neighbours_too(rng):
    groups = rng.integers(2, size=300)
    found = lisi(groups, np.zeros((300, 2)))
    assert np.isfinite(found).all()
    assert found.shape == (300,)


def test_a_sample_stands_for_large_tissue(rng):
    n = MAX_SPOTS + 100
    groups, points = rng.integers(2, size=n), rng.normal(size=(n, 2))
    found = lisi(groups, points)
    assert found.shape == (MAX_SPOTS,)
    assert np.median(found) > 1.8


def test_two_spots():
    assert lisi(np.array([0, 1]), np.array([[0.0], [1.0]])).tolist() == [1, 1]
