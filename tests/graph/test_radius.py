"""Spots within a radius."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.neighbors import radius_neighbors_graph

from spamca.graph.spatial import radius_graph


def test_equals_scikit_learn(scattered):
    expected = radius_neighbors_graph(scattered, 0.1, mode="distance")
    graph = radius_graph(scattered, radius=0.1)
    np.testing.assert_allclose(graph.distances.toarray(), expected.toarray())
    assert (graph.connectivities != (expected > 0)).nnz == 0


def test_lonely_spots_stay(scattered):
    graph = radius_graph(scattered, radius=1e-9)
    assert graph.connectivities.shape == (200, 200)
    assert graph.connectivities.nnz == 0


@pytest.mark.parametrize(
    ("radius", "error", "says"),
    [(value, ValueError, "a positive length") for value in (None, 0, -1.0, np.nan, np.inf)]
    + [(value, TypeError, "a number") for value in ("3", True, [1.0])],
)
def test_radius_is_checked(scattered, radius, error, says):
    with pytest.raises(error, match=f"radius must be {says}.* got {re.escape(repr(radius))}"):
        radius_graph(scattered, radius=radius)


def test_radius_that_is_not_sparse():
    coords = np.random.default_rng(0).uniform(size=(1500, 2))
    with pytest.raises(ValueError, match="radius=10 links each spot to 1499 others"):
        radius_graph(coords, radius=10)
