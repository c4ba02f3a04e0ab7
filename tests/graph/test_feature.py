"""Neighbours by features."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import kneighbors_graph

from spamca.graph import feature_graph
from spamca.graph.neighbors import approximate_neighbors


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(300, 12)).astype(np.float32)


@pytest.mark.parametrize("metric", ["correlation", "cosine", "euclidean"])
def test_equals_scikit_learn(features, metric):
    expected = kneighbors_graph(features.astype(np.float64), 10, mode="distance", metric=metric)
    expected = expected.maximum(expected.T)
    graph = feature_graph(features, n_neighbors=10, metric=metric)
    assert ((expected > 0) != (graph.connectivities > 0)).nnz == 0
    np.testing.assert_allclose(graph.distances.toarray(), expected.toarray(), atol=1e-5)


def test_symmetric_without_loops(features):
    graph = feature_graph(features)
    assert (graph.distances != graph.distances.T).nnz == 0
    assert graph.connectivities.diagonal().sum() == 0
    assert np.diff(graph.connectivities.indptr).min() >= 20


@pytest.mark.parametrize("metric", ["correlation", "cosine"])
def test_rows_without_direction_are_alike_and_unlike_all_others(features, metric):
    features[:30] = 0
    features[30:40] = 5 if metric == "correlation" else 0
    graph = feature_graph(features, n_neighbors=10, metric=metric)
    assert np.isfinite(graph.distances.data).all()
    assert graph.connectivities[:40, 40:].nnz == 0
    assert graph.distances[:40, :40].data.max() == 0


def test_constant_row_is_at_distance_one(features):
    features[0] = 1e4
    graph = feature_graph(features, n_neighbors=10)
    np.testing.assert_allclose(graph.distances[0].data, 1, rtol=1e-5)


def test_copies_of_a_spot_are_not_their_own_neighbours():
    features = np.repeat(np.random.default_rng(0).normal(size=(4, 6)), 10, axis=0)
    graph = feature_graph(features, n_neighbors=9)
    np.testing.assert_array_equal(graph.connectivities.toarray(), np.kron(np.eye(4), np.ones((10, 10))) - np.eye(40))


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(8, 10))[rng.integers(8, size=1500)] * 2 + rng.normal(size=(1500, 10))).astype(np.float32)


@pytest.mark.slow
def test_approximate_finds_nearly_all_and_the_same_again(many):
    exact = feature_graph(many, approximate=False)
    graph, again = (feature_graph(many, approximate=True, random_state=3) for _ in range(2))
    assert graph.connectivities.multiply(exact.connectivities).nnz > 0.95 * exact.connectivities.nnz
    np.testing.assert_array_equal(graph.distances.indices, again.distances.indices)
    np.testing.assert_array_equal(graph.distances.data, again.distances.data)
    assert graph.connectivities.diagonal().sum() == 0


@pytest.mark.slow
def test_approximate_gives_the_nearest_first_and_never_a_point_itself(many):
    """Here and not with the exact searches: whoever calls pynndescent first in a process waits for it to be compiled."""
    points = np.vstack([many, np.zeros((700, many.shape[1]), dtype=np.float32)])
    column, distance = approximate_neighbors(points, 6)
    assert column.shape == distance.shape == (len(points), 6)
    assert (column != np.arange(len(points))[:, None]).all()
    assert (np.diff(distance, axis=1) >= 0).all()
    np.testing.assert_allclose(distance, np.linalg.norm(points[:, None] - points[column], axis=2), atol=1e-5)


@pytest.mark.slow
def test_approximate_past_the_threshold(many, monkeypatch):
    monkeypatch.setattr("spamca.graph.neighbors.EXACT_UP_TO", 1000)
    graph, asked = feature_graph(many), feature_graph(many, approximate=True)
    np.testing.assert_array_equal(graph.distances.data, asked.distances.data)


@pytest.mark.slow
def test_scanpy_finds_the_neighbours_of_a_large_embedding(many):
    """By pynndescent past 8,192 spots, with the versions of both that this package asks for; here, where it is compiled already."""
    import scanpy as sc
    from anndata import AnnData

    adata = AnnData(obsm={"X_spamca": np.tile(many, (-(-8_200 // len(many)), 1)).astype(np.float32)})
    adata.obsm["X_spamca"] += np.random.default_rng(0).normal(scale=0.1, size=adata.obsm["X_spamca"].shape)
    sc.pp.neighbors(adata, use_rep="X_spamca")
    assert adata.obsp["connectivities"].nnz > 0


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be at least 1, got 0"),
        ({"n_neighbors": 8}, ValueError, "n_neighbors must be less than the 8 spots .* got 8"),
        ({"n_neighbors": "5"}, TypeError, "n_neighbors must be an integer, got '5'"),
        ({"approximate": "yes"}, TypeError, "approximate must be True, False or None, got 'yes'"),
        ({"metric": "hamming"}, ValueError, "metric must be one of .* got 'hamming'"),
    ],
)
def test_arguments_are_checked(given, error, says):
    with pytest.raises(error, match=says):
        feature_graph(np.eye(8), **{"n_neighbors": 3} | given)
