"""The sections of a tissue where nobody named their column: found, or an error rather than neighbours of two tissues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger
from spamca.graph import euclidean
from spamca.graph.mingled import (
    LEAST_SHARE,
    REGULAR,
    are_stacked,
    are_uneven,
    lie_apart,
    mingled,
    regularity,
    surroundings,
)
from spamca.pp._libraries import ENDS, LIBRARY, NAMES, OTHER, RECORDED, TILE, columns, library_ids, parts_of_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.graph import Graph
    from spamca.graph.mingled import Mingled, Surroundings
    from spamca.pp._libraries import Column

AUTO = "auto"
"""The column that names sections whose coordinates overlap; else there is one section."""

FEWEST_SPOTS = 16
"""Spots below which coordinates say too little."""

EXCESS = {RECORDED: 0.05, LIBRARY: 0.05, TILE: 0.2}
"""How much more often than by chance the nearest spot is one of another section (:mod:`spamca.graph.mingled`), by what names them."""

EXCESS_OF_OTHERS = 0.85
"""The same for columns that are not named as sections are: they are never taken, only named in an error."""

UNEVEN = 0.4
"""Distance to the nearest spot at its 5 % quantile, relative to the median, below which it is not that of one section."""

MOST_OTHER_LENGTHS = 0.1
"""Share of the edges of a graph that may have other lengths than between the coordinates if these are its own."""

ONE = "library_key=None says that it is one section"


def section_key(
    mdata: MuData, coords: np.ndarray, library_key: str | None, caller: str, *, links: Graph | None = None
) -> str | None:
    """Column of the sections: the one given, or with "auto" the one that coordinates (n_obs, n_dimensions) and ``uns`` give away.

    None where there is one section. ValueError if sections lie on one another and no column, or more than one, may name them, and the
    graph ``links`` that is there, if any, joins them. Layers of a block are neighbours as they lie, and so are spots in a graph of
    other coordinates.
    """
    if library_key != AUTO:
        return library_key
    if mdata.n_obs < FEWEST_SPOTS:
        return None
    if links is not None and _is_of_others(links, coords):
        _warn_of_joined(mdata, links, caller)
        return None
    held = [column for column in columns(mdata) if not _is_depth(column, coords)]
    coords, layer = _layers(coords)
    near = surroundings(coords, layer)
    stacked = are_stacked(near)
    met = {column: mingled(near, column.group) for column in [*held, *parts_of_names(mdata)]}
    overlapping = [column for column, one in met.items() if _overlap(column, one, stacked=stacked)]
    named = [column for column in overlapping if column.what in EXCESS]
    if named and (chosen := _chosen(named, coords, layer)) is not None:
        sections = len(np.unique(chosen.group))
        text = (
            "%s: obs[%r] names %d sections whose coordinates overlap; they are kept apart, as with library_key=%r (%s)"
        )
        logger.warning(text, caller, chosen.name, sections, chosen.name, ONE)
        return chosen.name
    if overlapping:
        if links is None or any(_joined(links, column.group) > 0 for column in overlapping):
            raise ValueError(_ambiguous(mdata, overlapping, len(named)))
        return None
    if (apart := _apart(held, coords, layer, caller)) is not None:
        return apart
    if (stacked or _uneven(mdata, near, held)) and (links is None or _is_linked(links, near)):
        raise ValueError(_unnamed(mdata, stacked=stacked))
    return None


def _overlap(column: Column, met: Mingled, *, stacked: bool) -> bool:
    """Whether the categories of a column lie on one another as sections do."""
    loose = stacked or met.regularity < REGULAR  # spots do not keep their distance
    if column.what in (RECORDED, LIBRARY):
        return met.are_strewn and (loose or met.come_closer(EXCESS[column.what]))
    if column.what == OTHER:
        return loose and met.come_closer(EXCESS_OF_OTHERS)
    # Rows of objects that were joined follow each other, labels that were drawn do not.
    return met.come_closer(EXCESS[TILE]) or (met.are_strewn and loose and column.is_in_blocks)


def _is_depth(column: Column, coords: np.ndarray) -> bool:
    """Whether each category has one third coordinate and no two the same: sections of a block, which are neighbours as they lie."""
    if coords.shape[1] < 3:
        return False
    pairs = np.unique(np.column_stack([column.group, coords[:, 2]]), axis=0)
    n = len(np.unique(column.group))
    return len(pairs) == n and len(np.unique(pairs[:, 1])) == n


def _chosen(named: Sequence[Column], coords: np.ndarray, layer: np.ndarray | None) -> Column | None:
    """The one column within whose categories no others lie on one another; None if there is none, or several that differ."""
    enough = [column for column in named if not _leaves(column, named, coords, layer)]
    for what in EXCESS:
        alike = [column for column in enough if column.what == what]
        for column in alike:
            # Of sections the finest, as a donor has several; of tiles the coarsest, as those of one section touch.
            if all(other.refines(column) if what == TILE else column.refines(other) for other in alike):
                return column
        if alike:
            return None
    return None


def _leaves(column: Column, named: Sequence[Column], coords: np.ndarray, layer: np.ndarray | None) -> bool:
    """Whether spots of one category still lie on one another."""
    others = [other for other in named if not column.refines(other)]
    part = (
        column.group
        if layer is None
        else np.unique(np.column_stack([column.group, layer]), axis=0, return_inverse=True)[1].ravel()
    )
    near = surroundings(coords, part)
    stacked = are_stacked(near)
    return stacked or any(_overlap(other, mingled(near, other.group), stacked=stacked) for other in others)


def _apart(held: Sequence[Column], coords: np.ndarray, layer: np.ndarray | None, caller: str) -> str | None:
    """Column that ``uns`` says names the sections, if they lie apart; others that do are logged."""
    named = [column for column in held if column.what in (RECORDED, LIBRARY)]
    near = surroundings(coords, layer, every=True) if named else None
    for column in named:
        if near is None or not lie_apart(near, column.group):
            continue
        sections = len(np.unique(column.group))
        if column.what == RECORDED:
            text = "%s: obs[%r] names the %d sections of uns, they are taken as such, as with library_key=%r (%s)"
            logger.warning(text, caller, column.name, sections, column.name, ONE)
            return column.name
        text = "%s: obs[%r] names %d parts that lie apart; if they are sections, library_key=%r removes their batch effects"
        logger.info(text, caller, column.name, sections, column.name)
        break
    return None


def _uneven(mdata: MuData, near: Surroundings, held: Sequence[Column]) -> bool:
    """Whether ``uns`` names several sections, no column says which spot is of which, and distances are those of no single one."""
    if not library_ids(mdata) or any(column.what == RECORDED for column in held):
        return False
    return regularity(near.distance) < REGULAR or are_uneven(near, UNEVEN)


def _layers(coords: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Coordinates in the plane and layer of each spot (n_obs,), where a few third coordinates have all the spots."""
    if coords.shape[1] < 3:
        return coords, None
    depth, layer = np.unique(coords[:, 2], return_inverse=True)
    return (coords[:, :2], layer.ravel()) if len(depth) <= len(coords) / FEWEST_SPOTS else (coords, None)


def _is_of_others(links: Graph, coords: np.ndarray) -> bool:
    """Whether lengths of most edges are not those between these coordinates (n_obs, n_dimensions): the graph was made with others."""
    length, edges = links.distances.data, links.connectivities.tocoo()
    if not len(length) or np.ptp(length) == 0 or (length == np.round(length)).all():  # steps, or rings
        return False
    return bool((~np.isclose(length, euclidean(coords, edges.row, edges.col), rtol=0.01)).mean() > MOST_OTHER_LENGTHS)


def _warn_of_joined(mdata: MuData, links: Graph, caller: str) -> None:
    """Log sections that a graph of other coordinates joins: it may be meant to, as in a block of sections."""
    for column in columns(mdata):
        share = _joined(links, column.group)
        if column.what in (RECORDED, LIBRARY) and share > LEAST_SHARE:
            text = "%s: %.0f%% of the edges of the spatial graph join categories of obs[%r]; library_key=%r leaves them out (%s)"
            logger.warning(text, caller, 100 * share, column.name, column.name, ONE)
            return


def _joined(links: Graph, group: np.ndarray) -> float:
    """Share of the edges of a graph that join two groups, integers (n_obs,)."""
    edges = links.connectivities.tocoo()
    return float((group[edges.row] != group[edges.col]).sum() / max(1, edges.nnz))


def _is_linked(links: Graph, near: Surroundings) -> bool:
    return bool(np.asarray(links.connectivities[near.spots, near.nearest[:, 0]]).any())


def _ambiguous(mdata: MuData, overlapping: Sequence[Column], n_named: int) -> str:
    says = "coordinates of several sections overlap, and spots of two of them would be neighbours"
    names = [column.name for column in overlapping if column.what != NAMES]
    if names:
        which = (
            "which of these columns names the sections is not clear"
            if n_named > 1
            else "a column that may name them is there"
        )
        return f"{says}; {which}: {names}; name it, such as library_key={names[0]!r}; {ONE}"
    where, example = overlapping[0].name, str(mdata.obs_names[0])
    return (
        f"{says}; only the {where} of obs_names such as {example!r} say which spot is of which; put them into a column, "
        f"mdata.obs['library_id'] = mdata.obs_names.str.extract({ENDS[where]!r}, expand=False).to_numpy(), and name it with "
        f"library_key='library_id'; {ONE}"
    )


def _unnamed(mdata: MuData, *, stacked: bool) -> str:
    ids = library_ids(mdata)
    says = "spots lie on nearly one point almost everywhere, as if" if stacked else "distances are as if"
    named = f" (uns['spatial'] has {sorted(ids[0])})" if ids else ""
    return (
        f"{says} the coordinates of several sections overlap{named}, and no column of obs names them; put the section of each spot into "
        f"mdata.obs['library_id'] and pass library_key='library_id'; {ONE}"
    )
