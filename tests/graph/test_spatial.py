"""The one interface over the kinds of spatial graphs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.graph import SPATIAL_KINDS, normalize, spatial_graph

OPTIONS = {"radius": 0.15, "n_neighbors": 5, "n_rings": 2}


@pytest.mark.parametrize("kind", SPATIAL_KINDS)
def test_every_kind_keeps_the_promises(scattered, kind):
    graph = spatial_graph(scattered, kind=kind, **OPTIONS)
    for matrix in (graph.connectivities, graph.distances):
        assert isinstance(matrix, sparse.csr_matrix)
        assert matrix.shape == (200, 200)
        assert (matrix != matrix.T).nnz == 0
        assert matrix.has_sorted_indices
        assert matrix.diagonal().sum() == 0
    assert set(graph.connectivities.data) == {1}
    assert graph.connectivities.dtype == np.float32
    assert graph.distances.dtype == np.float64
    np.testing.assert_array_equal(graph.connectivities.indptr, graph.distances.indptr)
    np.testing.assert_array_equal(graph.connectivities.indices, graph.distances.indices)
    assert np.isfinite(normalize(graph.connectivities).data).all()


@pytest.mark.parametrize("kind", SPATIAL_KINDS)
def test_sections_are_apart_whatever_their_order(scattered, kind):
    section = np.random.default_rng(3).choice(["s2", "s10", "s1"], 200)
    graph = spatial_graph(scattered, kind=kind, library=section, **OPTIONS)
    row = np.repeat(np.arange(200), np.diff(graph.connectivities.indptr))
    assert (section[row] == section[graph.connectivities.indices]).all()
    for name in ("s1", "s2", "s10"):
        members = np.flatnonzero(section == name)
        alone = spatial_graph(scattered[members], kind=kind, **OPTIONS)
        assert (graph.take(members).connectivities != alone.connectivities).nnz == 0


def test_unknown_kind(scattered):
    with pytest.raises(ValueError, match="kind must be one of .* got 'voronoi'"):
        spatial_graph(scattered, kind="voronoi")
