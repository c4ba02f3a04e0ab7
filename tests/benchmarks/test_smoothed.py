from __future__ import annotations

import numpy as np
from benchmarks import arrays
from benchmarks.methods import smoothed
from benchmarks.tissue import Tissue


def line(n=6):
    coordinates = np.column_stack([np.arange(n, dtype=float), np.zeros(n)])
    features = {"rna": np.eye(n), "protein": 10 * np.eye(n)[:, :2]}
    graph = arrays.nearest(coordinates, 1)
    return Tissue("line", features, {"rna": "rna", "protein": "protein"}, coordinates, graph, None, 2)


def test_modalities_weigh_the_same():
    values = arrays.concatenated(line())
    for part in (values[:, :6], values[:, 6:]):
        assert np.isclose(arrays.root_mean_square(part), 1)


def test_nearest_are_so_many_and_not_the_spot_itself():
    coordinates = np.random.default_rng(0).normal(size=(30, 2))
    graph = arrays.nearest(coordinates, 3)
    assert (graph.diagonal() == 0).all()
    assert (graph != graph.T).nnz == 0
    assert np.asarray(graph.sum(axis=1)).min() >= 3


def test_smoothing_is_the_normalised_graph_to_a_power():
    tissue = line()
    dense = tissue.graph.toarray() + np.eye(6)
    root = np.diag(dense.sum(axis=1) ** -0.5)
    expected = np.linalg.matrix_power(root @ dense @ root, 2) @ arrays.concatenated(tissue)
    assert np.allclose(smoothed.fit(tissue, 0, hops=2).embedding, expected)
    assert np.allclose(smoothed.fit(tissue, 0, hops=0).embedding, arrays.concatenated(tissue))
