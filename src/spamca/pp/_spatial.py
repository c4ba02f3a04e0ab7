"""The spatial graph of a tissue: found or built, and written in squidpy's layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.graph import spatial_graph
from spamca.pp._existing import SOURCE, found_graph, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca.graph import Graph

AUTO = "auto"
"""The user's own spatial graph where there is one, else nearest neighbours."""


@dataclass(frozen=True)
class Spatial:
    """A spatial graph of all spots.

    Parameters
    ----------
    graph
        The graph.
    params
        How it came about.
    in_place
        Whether the MuData holds it already.
    """

    graph: Graph
    params: dict[str, Any]
    in_place: bool = False


def existing_spatial(mdata: MuData, name: str | None, kind: str) -> Spatial | None:
    """Spatial graph to use as it is: the one asked for by name, or with kind "auto" the one the user made.

    Raises
    ------
    KeyError
        If the graph asked for is not there.
    """
    if name is None and kind != AUTO:
        return None
    found = found_graph(mdata, name or _keys.SPATIAL, foreign=name is None)
    if found is None:
        if name is None:
            return None
        msg = (
            f"spatial_graph={name!r}: {_keys.connectivities(name)!r} is in obsp neither of mdata nor of modalities that "
            "together hold all spots; call squidpy.gr.spatial_neighbors_knn, or leave spatial_graph out"
        )
        raise KeyError(msg)
    graph, where = found
    logger.info("neighbors: using the spatial graph of %s; spatial_kind='knn' builds one", where)
    params = {"kind": "existing", "name": name or _keys.SPATIAL}
    return Spatial(graph, params, in_place=where == "mdata" and params["name"] == _keys.SPATIAL)


def built_spatial(mdata: MuData, coords: np.ndarray, kind: str, library_key: str | None, **options: Any) -> Spatial:
    """Spatial graph built from coordinates (n_obs, 2), section by section."""
    kind, library = "knn" if kind == AUTO else kind, _checks.check_library(mdata, library_key)
    if library is None:
        _tell_of_coincident(coords)
    if kind == "knn":
        _check_sections(mdata, library, options["n_neighbors"])
    graph = spatial_graph(coords, kind=kind, library=library, **options)
    # "coord_type" is what squidpy's own functions look for.
    params = {"kind": kind, "coord_type": "grid" if kind == "grid" else "generic", "library_key": library_key}
    return Spatial(graph, params | options)


def _check_sections(mdata: MuData, library: np.ndarray | None, n_neighbors: int) -> None:
    where, size = "mdata", mdata.n_obs
    if library is not None:
        sections, sizes = np.unique(library, return_counts=True)
        where, size = f"section {str(sections[sizes.argmin()])!r}", int(sizes.min())
    _checks.check_neighbors("n_spatial_neighbors", n_neighbors, size, where=where)


def _tell_of_coincident(coords: np.ndarray) -> None:
    n_shared = len(coords) - len(np.unique(coords, axis=0))
    if n_shared:
        logger.info(
            "neighbors: %d spots lie on the point of another; if these are several sections, name their column of obs "
            "with library_key",
            n_shared,
        )


def store_spatial(mdata: MuData, spatial: Spatial, coords: np.ndarray, spatial_key: str) -> None:
    """Write coordinates and spatial graph to the MuData, and to the modalities that have none of their own.

    Parameters
    ----------
    mdata
        The tissue.
    spatial
        Spatial graph of all spots.
    coords
        Shape (n_obs, 2).
    spatial_key
        Name of the coordinates.
    """
    params = {**spatial.params, "spatial_key": spatial_key, **SOURCE}
    nowhere = not any(_keys.SPATIAL in holder.obsm for holder in (mdata, *mdata.mod.values()))
    keys = {spatial_key, _keys.SPATIAL} if nowhere and _keys.SPATIAL not in mdata.mod else {spatial_key}
    for key in keys:
        mdata.obsm[key] = coords
    if not spatial.in_place:
        write_graph(mdata, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph, params)
    for name, modality in mdata.mod.items():
        position = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        for key in keys:
            if key not in modality.obsm:
                modality.obsm[key] = coords[position]
        if _keys.connectivities(_keys.SPATIAL) not in modality.obsp or is_own(modality):
            write_graph(modality, _keys.SPATIAL_NEIGHBORS, _keys.SPATIAL, spatial.graph.take(position), params)
        else:
            logger.info("neighbors: mdata[%r] keeps the spatial graph of its own", name)


def write_graph(holder: AnnData | MuData, record: str, name: str, graph: Graph, params: Mapping[str, Any]) -> None:
    """Write a graph in the layout that squidpy and scanpy share; parameters that are None are left out.

    Parameters
    ----------
    holder
        Where to write.
    record
        Key in ``uns``.
    name
        What the keys in ``obsp`` begin with.
    graph
        The graph, in the order of the holder's spots.
    params
        How it came about.
    """
    holder.obsp[_keys.connectivities(name)] = graph.connectivities
    holder.obsp[_keys.distances(name)] = graph.distances
    holder.uns[record] = {
        "connectivities_key": _keys.connectivities(name),
        "distances_key": _keys.distances(name),
        "params": {key: value for key, value in params.items() if value is not None},
    }
