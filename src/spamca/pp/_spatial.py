"""The spatial graph of a tissue: found or built."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _keys
from spamca._group import ALONE
from spamca._logging import logger
from spamca.graph import spatial_graph
from spamca.pp._sections import section_key
from spamca.pp._stored import Spatial, found_graph

if TYPE_CHECKING:
    from mudata import MuData

    from spamca._group import Group
    from spamca.graph import Graph

COORD_TYPES = ("generic", "grid")
"""squidpy's words for coordinates anywhere, and on a lattice."""

N_NEIGHBORS = 6
"""Spatial neighbours of each spot with kind "knn": the ring of a hexagonal lattice."""

BUILT_WITH = {"n_neighs": ("knn",), "radius": ("radius", "delaunay"), "n_rings": ("grid",)}
"""Kinds that each option of a graph to build is for."""


def spatial_of(
    mdata: MuData,
    coords: np.ndarray,
    name: str | None,
    library_key: str | None,
    *,
    coord_type: str | None,
    delaunay: bool,
    group: Group = ALONE,
    **options: Any,
) -> Spatial:
    """Spatial graph found under squidpy's ``key_added`` or, where ``coord_type`` is None, made by the user; else built with the options.

    Options that are None were not given.
    """
    if coord_type is not None:
        _checks.check_choice("coord_type", coord_type, COORD_TYPES)
    _checks.check_flag("delaunay", delaunay)
    if name is not None:
        _checks.check_name("spatial_graph", name)
    given = {option: value for option, value in options.items() if value is not None}
    for option, value in given.items():
        if option == "radius":
            _checks.check_length(option, value)
        else:
            _checks.check_count(option, value, least=1)
    if name is not None and coord_type is not None:
        msg = f"spatial_graph={name!r} takes a graph that is there, coord_type={coord_type!r} builds one; leave one of them out"
        raise ValueError(msg)
    found = found_graph(mdata, name or _keys.SPATIAL, foreign=name is None) if coord_type is None else None
    if name is not None and found is None:
        msg = (
            f"spatial_graph={name!r}: {_keys.connectivities(name)!r} is in obsp neither of mdata nor of modalities that "
            "together hold all spots; call squidpy.gr.spatial_neighbors_knn, or leave spatial_graph out"
        )
        raise KeyError(msg)
    kind = _kind(coord_type, given, delaunay=delaunay, where=None if found is None else found[1])
    asked = {"kind of the spatial graph": kind if found is None else "existing", **options}
    group.agree("run the same script in every process, and bring a graph to all or to none", asked)
    one_section = library_key is None
    library_key = section_key(mdata, coords, library_key, "neighbors", links=None if found is None else found[0])
    if found is not None:
        spatial = existing_spatial(mdata, *found, name or _keys.SPATIAL, library_key)
    else:
        spatial = built_spatial(mdata, coords, kind, library_key, group=group, **options)
    if one_section:
        spatial.params["one_section"] = True
    n_alone = int((np.diff(spatial.graph.connectivities.indptr) == 0).sum())
    if n_alone:
        logger.info("neighbors: %d of %d spots have no neighbour in space", n_alone, mdata.n_obs)
    return spatial


def _kind(coord_type: str | None, given: dict[str, Any], *, delaunay: bool, where: str | None) -> str:
    """Kind of graph that options ask for; a ValueError where they ask for two, or for any and the graph at some place is used."""
    asked = {**given, **({"delaunay": True} if delaunay else {})}
    if where is not None and asked:
        option, value = next(iter(asked.items()))
        word = "grid" if option == "n_rings" else "generic"
        msg = (
            f"{option}={value!r} is for building a spatial graph, but that of {where} is used; leave {option} out, "
            f"or build one in its place with coord_type={word!r} and without spatial_graph"
        )
        raise ValueError(msg)
    if coord_type == "grid" or (coord_type is None and "n_rings" in given):
        kind = "grid"
    else:
        kind = "delaunay" if delaunay else "radius" if "radius" in given else "knn"
    for option, value in asked.items():
        if kind not in BUILT_WITH.get(option, ("delaunay",)):
            of = {"grid": "on a lattice (coord_type='grid')", "knn": "of the nearest neighbours"}
            what = of.get(kind, f"by {kind}")
            msg = f"{option}={value!r} does not fit a spatial graph {what}; leave {option} out, or the options of that graph"
            raise ValueError(msg)
    return kind


def existing_spatial(mdata: MuData, graph: Graph, where: str, name: str, library_key: str | None) -> Spatial:
    """A spatial graph that was found at some place under a name, without edges between the sections of ``library_key``."""
    library = _checks.check_library(mdata, library_key)
    logger.info("neighbors: using the spatial graph of %s; coord_type='generic' builds one in its place", where)
    inner = graph if library is None else graph.within(library)
    n_cut = (graph.connectivities.nnz - inner.connectivities.nnz) // 2
    if n_cut:
        logger.info("neighbors: leaving out its %d edges between sections of %r", n_cut, library_key)
    params = {"kind": "existing", "name": name, "library_key": library_key}
    return Spatial(inner, params, in_place=where == "mdata" and name == _keys.SPATIAL, cut=n_cut > 0)


def built_spatial(
    mdata: MuData,
    coords: np.ndarray,
    kind: str,
    library_key: str | None,
    *,
    n_neighs: int | None = None,
    radius: float | None = None,
    n_rings: int | None = None,
    group: Group = ALONE,
) -> Spatial:
    """Spatial graph built from coordinates (n_obs, 2) or (n_obs, 3), section by section; options that are None take their default."""
    library = _checks.check_library(mdata, library_key)
    if library is None and (n_shared := pd.DataFrame(coords).duplicated().sum()):
        advice = "if these are several sections, name their column of obs with library_key"
        logger.info("neighbors: %d spots lie on the point of another; %s", n_shared, advice)
    n_neighbors, n_rings = n_neighs or N_NEIGHBORS, n_rings or 1
    own = n_neighbors
    if kind == "knn":
        n_neighbors, own = _possible(n_neighbors, library, mdata.n_obs, group, given=n_neighs is not None)
    graph = spatial_graph(coords, kind=kind, library=library, n_neighbors=own, radius=radius, n_rings=n_rings)
    params = {
        "kind": kind,
        "coord_type": "grid" if kind == "grid" else "generic",  # what squidpy's own functions look for
        "library_key": library_key,
        "n_neighbors": n_neighbors,
        "radius": radius,
        "n_rings": n_rings,
    }
    return Spatial(graph, params)


def _possible(
    n_neighbors: int, library: np.ndarray | None, n_obs: int, group: Group, *, given: bool
) -> tuple[int, int]:
    """Number of neighbours that the largest section has, and that in this process; ValueError where a given one is larger.

    Smaller sections are logged.
    """
    sections, sizes = (["mdata"], np.array([n_obs])) if library is None else np.unique(library, return_counts=True)
    total: Counter[str] = sum(
        (Counter(own) for own in group.gather(dict(zip(sections, sizes, strict=True)))), Counter()
    )
    (name, largest), *_ = total.most_common(1)
    if given:
        where = "mdata" if library is None else f"section {str(name)!r}, the largest"
        _checks.check_neighbors("n_neighs", n_neighbors, max(int(largest), 2), where=where)
    n_neighbors = max(1, min(n_neighbors, int(largest) - 1))
    small = sizes <= n_neighbors
    if small.any():
        text = "neighbors: %d of %d sections have at most %d spots; their %d spots have the neighbours there are, and %d of them none"
        logger.info(text, small.sum(), len(sizes), n_neighbors, sizes[small].sum(), (sizes == 1).sum())
    return n_neighbors, max(1, min(n_neighbors, int(sizes.max()) - 1))
