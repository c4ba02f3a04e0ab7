"""Spatial graphs: one interface over the kinds, and sections kept apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca._checks import check_choice
from spamca.graph._graph import Graph
from spamca.graph.delaunay import delaunay_graph
from spamca.graph.grid import grid_graph
from spamca.graph.knn import knn_graph
from spamca.graph.radius import radius_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SPATIAL_KINDS: dict[str, Callable[..., Graph]] = {
    "knn": lambda coords, *, n_neighbors, **_: knn_graph(coords, n_neighbors=n_neighbors),
    "radius": lambda coords, *, radius, **_: radius_graph(coords, radius=radius),
    "delaunay": lambda coords, *, radius, **_: delaunay_graph(coords, radius=radius),
    "grid": lambda coords, *, n_rings, **_: grid_graph(coords, n_rings=n_rings),
}
"""Builders by kind: coordinates and all options in, a graph out. A new kind is a file and a line here."""


def spatial_graph(
    coords: np.ndarray,
    *,
    kind: str = "knn",
    library: Sequence[str] | np.ndarray | None = None,
    n_neighbors: int = 6,
    radius: float | None = None,
    n_rings: int = 1,
) -> Graph:
    """Graph of spots that lie close together.

    Parameters
    ----------
    coords
        Coordinates of shape (n_spots, 2), finite.
    kind
        ``"knn"``: the ``n_neighbors`` nearest spots. ``"radius"``: all spots within ``radius``. ``"delaunay"``: corners of
        the same triangle, edges longer than ``radius`` left out if it is given. ``"grid"``: ``n_rings`` rings of a
        square or hexagonal lattice.
    library
        Section of each spot, shape (n_spots,); spots of different sections are never linked. None: one section.
    n_neighbors
        Neighbours of each spot with ``kind="knn"``. Larger values smooth more and blur thin structures.
    radius
        Longest edge, in the units of ``coords``.
    n_rings
        Rings with ``kind="grid"``.

    Returns
    -------
    Symmetric graph of n_spots spots, block-diagonal in the sections. A spot may end up without neighbours.

    Raises
    ------
    TypeError
        If an option is not a number of the sort that it should be.
    ValueError
        If ``kind`` is unknown, or an option does not fit the coordinates.
    """
    check_choice("kind", kind, SPATIAL_KINDS)
    coords = np.asarray(coords, dtype=np.float64)
    build, options = SPATIAL_KINDS[kind], {"n_neighbors": n_neighbors, "radius": radius, "n_rings": n_rings}
    if library is None:
        return build(coords, **options)
    _, section = np.unique(np.asarray(library).astype(str), return_inverse=True)
    members = [np.flatnonzero(section == s) for s in range(section.max(initial=-1) + 1)]
    graphs = [build(coords[positions], **options) for positions in members]
    back = np.argsort(np.concatenate(members), kind="stable")
    return Graph(
        sparse.block_diag([graph.connectivities for graph in graphs], format="csr"),
        sparse.block_diag([graph.distances for graph in graphs], format="csr"),
    ).take(back)
