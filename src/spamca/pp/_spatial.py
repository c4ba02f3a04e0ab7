"""The spatial graph of a tissue: found or built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.graph import SPATIAL_KINDS, spatial_graph
from spamca.pp._existing import found_graph

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.graph import Graph

AUTO = "auto"
"""The user's own spatial graph where there is one, else nearest neighbours."""

N_NEIGHBORS = 6
"""Spatial neighbours of each spot with kind "knn": the ring of a hexagonal lattice."""

BUILT_WITH = {"n_spatial_neighbors": ("knn",), "radius": ("radius", "delaunay"), "n_rings": ("grid",)}
"""Kinds that each option of a graph to build is for."""


@dataclass(frozen=True)
class Spatial:
    """A spatial graph of all spots, and how it came about.

    ``in_place``: it is the user's own graph on the MuData, under its own name. ``cut``: edges between sections were left out.
    """

    graph: Graph
    params: dict[str, Any]
    in_place: bool = False
    cut: bool = False


def spatial_of(
    mdata: MuData, coords: np.ndarray, name: str | None, kind: str, library_key: str | None, **options: Any
) -> Spatial:
    """Spatial graph found (:func:`existing_spatial`), else built (:func:`built_spatial`) with options that suit its kind."""
    _checks.check_choice("spatial_kind", kind, (AUTO, *SPATIAL_KINDS))
    if name is not None:
        _checks.check_name("spatial_graph", name)
    for option, value in options.items():
        if value is not None:
            check = _checks.check_length if option == "radius" else partial(_checks.check_count, least=1)
            check(option, value)
    spatial = existing_spatial(mdata, name, kind, library_key, **options)
    if spatial is None:
        _check_options(kind, **options)
        spatial = built_spatial(mdata, coords, kind, library_key, **options)
    n_alone = int((np.diff(spatial.graph.connectivities.indptr) == 0).sum())
    if n_alone:
        logger.info("neighbors: %d of %d spots have no neighbour in space", n_alone, mdata.n_obs)
    return spatial


def existing_spatial(
    mdata: MuData, name: str | None, kind: str, library_key: str | None, **options: Any
) -> Spatial | None:
    """Spatial graph that is there: that of squidpy's ``key_added``, or with kind "auto" the one the user made.

    Edges between the sections of ``library_key`` are left out. ``options`` are those of graphs that are built: an error.
    """
    if name is not None and kind != AUTO:
        msg = f"spatial_graph={name!r} takes a graph that is there, spatial_kind={kind!r} builds one; leave one of them out"
        raise ValueError(msg)
    if kind != AUTO:
        return None
    library = _checks.check_library(mdata, library_key)
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
    for option, value in options.items():
        if value is not None:
            msg = (
                f"{option}={value!r} is for building a spatial graph, but that of {where} is used; leave {option} out, "
                f"or build one with spatial_kind={BUILT_WITH[option][0]!r} and without spatial_graph"
            )
            raise ValueError(msg)
    logger.info("neighbors: using the spatial graph of %s; spatial_kind='knn' builds one", where)
    params = {"kind": "existing", "name": name or _keys.SPATIAL, "library_key": library_key}
    in_place = where == "mdata" and params["name"] == _keys.SPATIAL
    if library is None:
        return Spatial(graph, params, in_place)
    inner = graph.within(library)
    n_cut = (graph.connectivities.nnz - inner.connectivities.nnz) // 2
    if n_cut:
        logger.info("neighbors: leaving out its %d edges between sections of %r", n_cut, library_key)
    return Spatial(inner, params, in_place, cut=n_cut > 0)


def _check_options(kind: str, **options: Any) -> None:
    """Raise ValueError for an option of graphs that are built, None where not given, which is of another kind than this one."""
    built = "knn" if kind == AUTO else kind
    for option, value in options.items():
        if value is not None and built not in BUILT_WITH[option]:
            kinds = " or ".join(f"spatial_kind={name!r}" for name in BUILT_WITH[option])
            msg = (
                f"{option}={value!r} is for {kinds}, but a graph of kind {built!r} is to be built; "
                f"name the kind, or leave {option} out"
            )
            raise ValueError(msg)


def built_spatial(mdata: MuData, coords: np.ndarray, kind: str, library_key: str | None, **options: Any) -> Spatial:
    """Spatial graph built from coordinates (n_obs, 2), section by section; options that are None take their default."""
    kind, library = "knn" if kind == AUTO else kind, _checks.check_library(mdata, library_key)
    if library is None and (n_shared := len(coords) - len(np.unique(coords, axis=0))):
        advice = "if these are several sections, name their column of obs with library_key"
        logger.info("neighbors: %d spots lie on the point of another; %s", n_shared, advice)
    n_neighbors, n_rings = options["n_spatial_neighbors"], options["n_rings"]
    options = {
        "n_neighbors": N_NEIGHBORS if n_neighbors is None else n_neighbors,
        "radius": options["radius"],
        "n_rings": 1 if n_rings is None else n_rings,
    }
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
