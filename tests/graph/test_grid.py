"""Rings of a lattice."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.graph.grid import grid_graph


@pytest.mark.parametrize("n_rings", [1, 2, 3])
@pytest.mark.parametrize(("name", "corners"), [("square", 4), ("hexagonal", 6)])
def test_size_of_the_rings(request, middle, name, corners, n_rings):
    graph = grid_graph(request.getfixturevalue(name), n_rings=n_rings)
    expected = corners * n_rings * (n_rings + 1) // 2
    assert set(np.diff(graph.connectivities.indptr)[middle]) == {expected}
    rings = [row.data for row, is_inner in zip(graph.distances, middle, strict=True) if is_inner]
    for ring in range(1, n_rings + 1):
        assert {(data == ring).sum() for data in rings} == {corners * ring}


def test_jitter_and_holes(square):
    rng = np.random.default_rng(0)
    kept = rng.random(len(square)) > 0.2
    graph = grid_graph(square + rng.normal(scale=0.004, size=square.shape))
    exact = grid_graph(square)
    assert (graph.connectivities != exact.connectivities).nnz == 0
    np.testing.assert_array_equal(
        grid_graph(square[kept]).connectivities.toarray(), exact.take(np.flatnonzero(kept)).connectivities.toarray()
    )


def test_spots_on_one_point(square):
    graph = grid_graph(np.vstack([square, square[:3]]))
    assert (graph.distances[np.arange(3), np.arange(3) + len(square)] == 0).all()
    assert (graph.connectivities[np.arange(3), np.arange(3) + len(square)] == 1).all()


def test_a_single_point():
    assert grid_graph(np.zeros((1, 2))).connectivities.nnz == 0


def test_equals_squidpy(hexagonal):
    import warnings

    from anndata import AnnData

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import squidpy as sq

        adata = AnnData(np.zeros((len(hexagonal), 1), dtype=np.float32), obsm={"spatial": hexagonal})
        sq.gr.spatial_neighbors_grid(adata, n_neighs=6, n_rings=2)
    graph = grid_graph(hexagonal, n_rings=2)
    theirs = adata.obsp["spatial_distances"].toarray()
    # squidpy lets spots of the edge reach past the ring; inside both agree.
    middle = np.diff(graph.connectivities.indptr) == 18
    np.testing.assert_array_equal(graph.distances.toarray()[middle], theirs[middle])


@pytest.mark.parametrize("n_rings", [0, "2", 2.0, None, True])
def test_rings_are_checked(square, n_rings):
    error, says = (ValueError, "at least 1") if n_rings == 0 else (TypeError, "an integer")
    with pytest.raises(error, match=f"n_rings must be {says}, got {n_rings!r}"):
        grid_graph(square, n_rings=n_rings)


def test_rings_that_are_not_sparse(square, monkeypatch):
    monkeypatch.setattr("spamca.graph.grid.MOST_NEIGHBORS", 50)
    with pytest.raises(ValueError, match=r"n_rings=100 links each spot to more than 5\d others.* fewer than 50"):
        grid_graph(square, n_rings=100)


def test_more_rings_than_there_are():
    line = np.column_stack([np.arange(12.0), np.zeros(12)])
    graph = grid_graph(line, n_rings=2**31 - 1)
    np.testing.assert_array_equal(graph.distances.toarray(), np.abs(np.subtract.outer(line[:, 0], line[:, 0])))
