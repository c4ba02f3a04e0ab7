"""Feature graph: spots with similar omics, wherever they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._checks import check_choice, check_flag, check_neighbors
from spamca.graph._graph import Graph, from_edges, no_edges
from spamca.graph.neighbors import nearest_neighbors

if TYPE_CHECKING:
    from collections.abc import Callable


def feature_graph(
    features: np.ndarray,
    *,
    n_neighbors: int = 20,
    metric: str = "correlation",
    approximate: bool | None = None,
    random_state: int = 0,
) -> Graph:
    """Link each spot to those with the most similar features.

    Parameters
    ----------
    features
        Shape (n_spots, n_features), finite.
    n_neighbors
        At least 1, less than n_spots; a single spot has none. Larger values smooth more and join small groups to large ones.
    metric
        One of :data:`METRICS`. The correlation with a constant row counts as 0, and between two constant rows as 1; likewise the
        cosine with a row of zeros.
    approximate, random_state
        Whether to search with pynndescent (Dong, Moses and Li 2011), which misses a few neighbours but takes time nearly linear
        in the number of spots, and its seed. None: past 50,000 spots where there is no GPU.

    Returns
    -------
    Symmetric graph of n_spots spots; distances are 1 - correlation, 1 - cosine, or Euclidean.
    """
    check_choice("metric", metric, METRICS)
    n = len(features)
    if n == 1:
        return no_edges(n)
    check_neighbors("n_neighbors", n_neighbors, n, where="the feature graph")
    check_flag("approximate", approximate, optional=True)
    points = METRICS[metric](np.asarray(features, dtype=np.float64)).astype(np.float32)
    column, length = nearest_neighbors(points, n_neighbors, approximate=approximate, random_state=random_state)
    length = length if metric == "euclidean" else length**2 / 2
    return from_edges(np.repeat(np.arange(n), n_neighbors), column.ravel(), length.ravel(), n)


def _directions(rows: np.ndarray, centred: np.ndarray) -> np.ndarray:
    """Centred rows scaled to length one: half the squared Euclidean distance between them is 1 - cosine.

    Rows that centring left empty get a dimension of their own, in which they are at right angles to all others.
    """
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    # What centring leaves of a constant float32 row is rounding, not a direction.
    empty = norm <= 1e-6 * np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.where(empty, 0, centred / np.where(empty, 1, norm))
    return np.hstack([unit, empty]) if empty.any() else unit


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "correlation": lambda x: _directions(x, x - x.mean(axis=1, keepdims=True)),
    "cosine": lambda x: _directions(x, x),
    "euclidean": lambda x: x,
}
"""Maps of the rows after which Euclidean neighbours are the neighbours under the metric."""
