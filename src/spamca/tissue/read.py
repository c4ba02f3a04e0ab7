"""A MuData read into arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.tissue.tissue import Tissue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from mudata import MuData


def read(
    mdata: MuData,
    names: Sequence[str] | None = None,
    *,
    feature_graphs: bool = False,
    sections: np.ndarray | None = None,
    position: bool = False,
) -> Tissue:
    """A tissue with the graphs that :func:`spamca.pp.neighbors` writes; a KeyError if there are none.

    ``names`` are the modalities to read, all by default; ``feature_graphs`` and ``position`` say whether these are needed.
    """
    names = tuple(mdata.mod if names is None else names)
    rows = tuple(_edge.rows(mdata, name) for name in names)
    key = _keys.connectivities(_keys.SPATIAL)
    if key not in mdata.obsp:
        msg = f"mdata.obsp[{key!r}] does not exist; call spamca.pp.neighbors(mdata)"
        raise KeyError(msg)
    graphs, searches = [], []
    for name, row in zip(names if feature_graphs else (), rows, strict=False):
        graph = mdata[name].obsp[_keys.connectivities(_keys.FEATURE_NEIGHBORS)]
        graphs.append(_edge.spread_graph(graph, row))
        params = mdata[name].uns[_keys.FEATURE_NEIGHBORS]["params"]
        searches.append({"n_neighbors": int(params["n_neighbors"]), "metric": str(params["metric"])})
    features = tuple(_over_all(features_of(mdata[name]), row) for name, row in zip(names, rows, strict=True))
    where = _position(mdata) if position else None
    return Tissue(names, rows, features, mdata.obsp[key], tuple(graphs), tuple(searches), sections, where)


def features_of(modality: AnnData) -> np.ndarray:
    """Features that stand for a modality, (n_modality, d_m)."""
    return np.ascontiguousarray(modality.obsm[modality.uns[_keys.MODALITY_RECORD]["use_rep"]])


def stored_corrected(mdata: MuData, names: Sequence[str], key_added: str) -> list[np.ndarray] | None:
    """Features of each modality without batch effects, over all spots; None where integrate took them as they are."""
    key = _keys.corrected(key_added)
    if not all(key in mdata[name].obsm for name in names):
        return None
    return [_over_all(np.asarray(mdata[name].obsm[key]), _edge.rows(mdata, name)) for name in names]


def section_numbers(mdata: MuData, caller: str) -> np.ndarray | None:
    """Section of each spot, integers (n_obs,), by the column that the spatial graph was made with; None where there is one."""
    library_key = _checks.recorded_library_key(mdata)
    if library_key is None:
        return None
    try:
        library = _checks.check_library(mdata, library_key)
    except (KeyError, TypeError, ValueError):
        lost = "the spatial graph names sections by %r, which obs no longer holds for all spots; batch effects stay"
        logger.warning(f"%s: {lost}", caller, library_key)
        return None
    names, sections = np.unique(library, return_inverse=True)
    return sections if len(names) > 1 else None


def graph_records(mdata: MuData) -> dict[str, Any]:
    """How the graphs were built: ``spatial``, and ``features`` by modality."""
    record = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    params = dict(record.get("params", {})) if isinstance(record, Mapping) else {}
    if "kind" not in params:  # the user's own, left as it is
        library = {name: params[name] for name in ("library_key",) if params.get(name) is not None}
        params = {"kind": "existing", "name": _keys.SPATIAL, **library}
    built = {name: modality.uns.get(_keys.FEATURE_NEIGHBORS) for name, modality in mdata.mod.items()}
    return {"spatial": params, "features": {name: dict(graph["params"]) for name, graph in built.items() if graph}}


def _over_all(values: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Not copied where the order is that of all spots."""
    return values if np.array_equal(row, np.arange(len(values))) else _edge.spread(values, row)


def _position(mdata: MuData) -> np.ndarray | None:
    """Coordinates with the section as a third one that outweighs the others; None where the graph is the user's own."""
    try:
        coords = _checks.check_coordinates(mdata)
    except (KeyError, ValueError):
        return None
    try:
        library = _checks.check_library(mdata, _checks.recorded_library_key(mdata))
    except (KeyError, ValueError):  # sections were renamed or left out since
        return coords
    if library is None:
        return coords
    section = np.unique(library, return_inverse=True)[1]
    return np.column_stack([coords, 2 * np.ptp(coords, axis=0).max() * section])
