"""Spatial graphs: one interface over the kinds, and sections kept apart.

scipy finds neighbours and triangles; importing squidpy, which has them too, takes seconds. Added here: a symmetric union,
ties, spots that coincide or lie on one line, lengths of zero.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from spamca._checks import check_choice, check_length, check_neighbors
from spamca._threads import in_blocks
from spamca.graph._graph import MOST_NEIGHBORS, TIE, Graph, coincident, euclidean, from_edges, no_edges, with_coincident
from spamca.graph.grid import grid_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FEW, MORE = 3, 12
"""Further candidates compared for ties, and where these fill them: the largest ring of equal distances near a spot of a lattice."""


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
        Coordinates of shape (n_spots, 2) or (n_spots, 3), finite.
    kind
        ``"knn"``: the ``n_neighbors`` nearest spots; more of them smooth more and blur thin structures. ``"radius"``: all spots
        within ``radius``, in the units of ``coords``. ``"delaunay"``: corners of the same triangle or tetrahedron, at most ``radius``
        apart if it is given. ``"grid"``: ``n_rings`` rings of a square or hexagonal lattice, in the plane only.
    library
        Section of each spot, shape (n_spots,); spots of different sections are never linked. None: one section.
    n_neighbors, radius, n_rings
        Options of the kinds. ``n_neighbors`` is less than the spots of the largest section; smaller ones have all there are.

    Returns
    -------
    Symmetric graph of n_spots spots. A spot may end up without neighbours.
    """
    check_choice("kind", kind, SPATIAL_KINDS)
    coords = np.asarray(coords, dtype=np.float64)
    build, name = SPATIAL_KINDS[kind]
    option = {name: {"n_neighbors": n_neighbors, "radius": radius, "n_rings": n_rings}[name]}
    if kind == "grid" and coords.shape[1] > 2:
        msg = (
            f"kind='grid' is for coordinates with two columns, x and y, got {coords.shape[1]}; "
            "use 'knn', 'radius' or 'delaunay', or give each section two columns"
        )
        raise ValueError(msg)
    section = np.zeros(len(coords), dtype=np.int64)
    if library is not None:
        section = np.unique(np.asarray(library).astype(str), return_inverse=True)[1].ravel()
    if kind == "knn":
        largest = int(np.bincount(section, minlength=1).max())
        check_neighbors("n_neighbors", n_neighbors, max(largest, 2), where="a section")
    if library is None:
        return build(coords, **option)
    members = [np.flatnonzero(section == s) for s in range(section.max(initial=-1) + 1)]
    graphs = [build(coords[positions], **option) for positions in members]
    back = np.argsort(np.concatenate(members), kind="stable")
    return Graph(
        sparse.block_diag([graph.connectivities for graph in graphs], format="csr"),
        sparse.block_diag([graph.distances for graph in graphs], format="csr"),
    ).take(back)


def knn_graph(coords: np.ndarray, *, n_neighbors: int) -> Graph:
    """Link each spot to its nearest ones.

    All spots as near as the last neighbour count too, as any choice among them would have a direction: ``n_neighbors=6`` gives the 6
    of a hexagonal lattice and the 8 of a square one. Where more than a ring of a lattice is tied (many spots on one point), only
    ``n_neighbors`` of them are kept. Fewer spots have all others for neighbours, a single one has none.
    """
    n = len(coords)
    n_neighbors = min(n_neighbors, n - 1)
    if n_neighbors < 1:
        return no_edges(n)
    tree = KDTree(coords)
    spots, found = tree.indices.astype(np.int32), []  # in the order of the tree: the next is near
    for more in (FEW, MORE):
        search = partial(_with_ties, tree, spots, n_neighbors, min(n - 1, n_neighbors + more), last=more == MORE)
        *edges, left = zip(*in_blocks(search, len(spots)), strict=True)
        found.append(edges)
        spots = np.concatenate(left)
        if not len(spots):
            break
    row, column, length = (np.concatenate([*chain(*parts)]) for parts in zip(*found, strict=True))
    return from_edges(row, column, length, n)


def _with_ties(
    tree: KDTree, spots: np.ndarray, n_neighbors: int, n_candidates: int, rows: slice, *, last: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and length of the edges of some rows of ``spots``, and those whose ties fill all candidates, unless it is the last search."""
    spots = spots[rows]
    length, column = tree.query(tree.data[spots], k=n_candidates + 1)
    others = column != spots[:, None]
    others[others.all(axis=1), -1] = False  # on a point with many spots, a spot is not always its own nearest
    column, length = (values[others].reshape(-1, n_candidates) for values in (column, length))
    chosen = length <= length[:, [n_neighbors - 1]] * (1 + TIE)
    endless = chosen.all(axis=1) & (n_candidates < tree.n - 1)
    chosen[endless, n_neighbors if last else 0 :] = False
    row = np.repeat(spots, chosen.sum(axis=1))
    return row, column[chosen].astype(np.int32), length[chosen], spots[endless & (not last)]


def radius_graph(coords: np.ndarray, *, radius: float | None) -> Graph:
    """Link all spots within a radius of each other, by scipy: 0.8 s for 300,000 spots, squidpy's ``RadiusBuilder`` takes 9 s."""
    check_length("radius", radius)
    n, tree = len(coords), KDTree(coords)
    mean = tree.count_neighbors(tree, radius) / n - 1
    if mean > MOST_NEIGHBORS:
        msg = f"radius={radius} links each spot to {mean:.0f} others on average; give a radius with fewer than {MOST_NEIGHBORS}"
        raise ValueError(msg)
    row, column = tree.query_pairs(radius, output_type="ndarray").T
    return from_edges(row, column, euclidean(coords, row, column), n)


def delaunay_graph(coords: np.ndarray, *, radius: float | None = None) -> Graph:
    """Link corners of the same triangle that are at most ``radius`` apart, and spots on one line to the next along it."""
    if radius is not None:
        check_length("radius", radius)
    first, again = coincident(coords)
    row, column = _triangulate(coords[first])
    row, column = first[row], first[column]
    length = euclidean(coords, row, column)
    kept = length <= (radius or np.inf)
    return with_coincident(row[kept], column[kept], length[kept], again)


def _triangulate(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directed edges of a triangulation of distinct points, in the plane of theirs, or of a chain where they lie on one line."""
    centred = points - points.mean(axis=0)
    spread, directions = np.linalg.svd(centred, full_matrices=False)[1:]
    rank = int((spread > 1e-9 * spread[0]).sum())
    if rank < 2:
        order = np.argsort(centred @ directions[0])
        return order[:-1], order[1:]
    from scipy.spatial import Delaunay

    if rank < points.shape[1]:
        centred = centred @ directions[:rank].T
    # Centred: far from the origin, Qhull leaves out more points as coplanar within its tolerance.
    starts, column = Delaunay(centred / spread[0]).vertex_neighbor_vertices
    return np.repeat(np.arange(len(points)), np.diff(starts)), column


SPATIAL_KINDS: dict[str, tuple[Callable[..., Graph], str]] = {
    "knn": (knn_graph, "n_neighbors"),
    "radius": (radius_graph, "radius"),
    "delaunay": (delaunay_graph, "radius"),
    "grid": (grid_graph, "n_rings"),
}
"""Builders by kind, from coordinates to a graph, and the option of each. A new kind is a file and a line here."""
