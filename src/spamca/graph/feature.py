"""Feature graph: spots with similar omics, wherever they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._checks import check_choice, check_count, check_flag
from spamca.graph._graph import Graph, from_edges
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
        At least 1, less than n_spots. Larger values smooth more and join small groups to large ones.
    metric
        ``"correlation"``, ``"cosine"`` or ``"euclidean"``. The correlation with a constant row is taken to be 0, and
        between two constant rows 1; likewise for the cosine with a row of zeros.
    approximate
        Whether to search with pynndescent (Dong, Moses and Li 2011), which misses a few neighbours but whose time grows
        little faster than the number of spots. None: past 50,000 spots where there is no GPU.
    random_state
        Seed of the approximate search.

    Returns
    -------
    Symmetric graph of n_spots spots; distances are 1 - correlation, 1 - cosine, or Euclidean.

    Raises
    ------
    TypeError
        If the number of neighbours is not an integer, or ``approximate`` neither True, False nor None.
    ValueError
        If the metric is unknown, or there are not more spots than neighbours.
    """
    check_choice("metric", metric, METRICS)
    check_count("n_neighbors", n_neighbors)
    check_flag("approximate", approximate, optional=True)
    n = len(features)
    if not 1 <= n_neighbors < n:
        msg = f"n_neighbors={n_neighbors} must be at least 1 and less than the {n} spots"
        raise ValueError(msg)
    points = METRICS[metric](np.asarray(features, dtype=np.float64)).astype(np.float32)
    row, column, length = nearest_neighbors(points, n_neighbors, approximate=approximate, random_state=random_state)
    return from_edges(row, column, length if metric == "euclidean" else length**2 / 2, n)


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
