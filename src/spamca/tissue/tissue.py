"""A tissue as arrays over all spots, and how they are read from a MuData."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from spamca import _checks, _edge, _keys, _records
from spamca.graph import feature_graph
from spamca.tissue.batches import sections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData


_ROWS = 2**16  # squared at once


@dataclass(frozen=True)
class Tissue:
    """A tissue of n spots and M modalities.

    Parameters
    ----------
    names, rows
        Names of the modalities, and row of each spot among the measured ones of each, integers (n,), -1 where the spot lacks it.
    features
        Features of each modality, (n, d_m); rows of spots that lack it are zero.
    graph
        Spatial graph, symmetric, sparse of shape (n, n).
    feature_graphs, searches
        Feature graph of each modality, likewise, and by how many neighbours and which metric it was built; spots that lack the
        modality have no edges. Empty where no network needs them.
    sections
        Section of each spot, integers (n,); None where there is one section, or batch effects are to stay.
    position
        Coordinates of each spot, (n, 2) or (n, 3), or with its section as a further one; None where they are not known or not needed.
    """

    names: tuple[str, ...]
    rows: tuple[np.ndarray, ...]
    features: tuple[np.ndarray, ...]
    graph: csr_matrix
    feature_graphs: tuple[csr_matrix, ...] = ()
    searches: tuple[Mapping[str, Any], ...] = ()
    sections: np.ndarray | None = None
    position: np.ndarray | None = None

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return len(self.rows[0])

    @cached_property
    def has(self) -> np.ndarray:
        """Which spot has which modality, booleans of shape (n, M)."""
        return np.column_stack([row >= 0 for row in self.rows])

    @property
    def present(self) -> np.ndarray | None:
        """The same, or None where every spot has every modality."""
        return None if self.has.all() else self.has

    def own(self, modality: int, values: np.ndarray) -> np.ndarray:
        """Values (n, ...) in the order of the spots of a modality."""
        row = self.rows[modality]
        own: np.ndarray = _edge.collect(values, row, int(np.count_nonzero(row >= 0)))
        return own

    def take(self, which: np.ndarray) -> Tissue:
        """A part of the tissue, booleans (n,), without feature graphs: edges to other spots are left out."""
        rows = tuple(_edge.places(row[which] >= 0) for row in self.rows)
        features = tuple(values[which] for values in self.features)
        others = [None if values is None else values[which] for values in (self.sections, self.position)]
        return Tissue(self.names, rows, features, self.graph[which][:, which], (), (), *others)

    def root_mean_squares(self) -> list[float]:
        """Root mean square of the features of each modality: divided by it, none outweighs another by its units."""
        least = float(np.finfo(np.float32).tiny)
        own = (self.own(m, values) for m, values in enumerate(self.features))
        return [max(float(np.sqrt(_mean_square(values))), least) for values in own]

    def having(self, features: Sequence[np.ndarray], random_state: int) -> Tissue:
        """The same tissue with other features, and feature graphs built on them as ``searches`` describe."""
        graphs = []
        for m, search in enumerate(self.searches):
            own, graph = self.own(m, features[m]), csr_matrix((self.n_spots, self.n_spots), dtype=np.float32)
            if len(own) > 1:
                n_neighbors = min(search["n_neighbors"], len(own) - 1)
                found = feature_graph(own, n_neighbors=n_neighbors, metric=search["metric"], random_state=random_state)
                graph = _edge.spread_graph(found.connectivities, self.rows[m])
            graphs.append(graph)
        return replace(self, features=tuple(features), feature_graphs=tuple(graphs))


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
    rows = tuple(_edge.measured_rows(mdata, name) for name in names)
    key = _keys.connectivities(_keys.SPATIAL)
    if key not in mdata.obsp:
        msg = f"mdata.obsp[{key!r}] does not exist; call spamca.pp.neighbors(mdata)"
        raise KeyError(msg)
    graphs, searches = [], []
    for name in names if feature_graphs else ():
        graph, search = _feature_graph(mdata, name)
        graphs.append(_edge.spread_graph(graph, _edge.rows(mdata, name)))
        searches.append(search)
    features = _over_all(mdata, names, [_use_rep(mdata, name) for name in names])
    where = _position(mdata) if position else None
    graph = _checks.check_graph(mdata.obsp[key], f"mdata.obsp[{key!r}]")
    return Tissue(names, rows, features, graph, tuple(graphs), tuple(searches), sections, where)


def _feature_graph(mdata: MuData, name: str) -> tuple[csr_matrix, dict[str, Any]]:
    """Feature graph of a modality, (n_modality, n_modality), and how it was built; KeyError where either is gone."""
    key, record = _keys.connectivities(_keys.FEATURE_NEIGHBORS), mdata[name].uns.get(_keys.FEATURE_NEIGHBORS)
    params = record.get("params") if isinstance(record, Mapping) else None
    if key not in mdata[name].obsp or not isinstance(params, Mapping) or not {"n_neighbors", "metric"} <= params.keys():
        msg = (
            f"mdata[{name!r}] has no feature graph obsp[{key!r}] with its record uns[{_keys.FEATURE_NEIGHBORS!r}]; "
            "call spamca.pp.neighbors(mdata, feature_graphs=True)"
        )
        raise KeyError(msg)
    graph = _checks.check_graph(mdata[name].obsp[key], f"mdata[{name!r}].obsp[{key!r}]")
    return graph, {"n_neighbors": int(params["n_neighbors"]), "metric": str(params["metric"])}


def _use_rep(mdata: MuData, name: str) -> str:
    """Name of the features of a modality in its ``obsm``; KeyError where they are gone."""
    record = mdata[name].uns.get(_keys.MODALITY_RECORD)
    use_rep = record.get("use_rep") if isinstance(record, Mapping) else None
    if not isinstance(use_rep, str) or use_rep not in mdata[name].obsm:
        what = "no features" if use_rep is None else f"no obsm[{use_rep!r}], which its record names as its features"
        msg = f"mdata[{name!r}] has {what}; call spamca.pp.neighbors(mdata)"
        raise KeyError(msg)
    return use_rep


def stored_corrected(mdata: MuData, names: Sequence[str], key_added: str) -> tuple[np.ndarray, ...] | None:
    """Features of each modality without batch effects, over all spots; None where integrate took them as they are."""
    key = _keys.corrected(_records.source_of(mdata, key_added))
    if not all(key in mdata[name].obsm for name in names):
        return None
    return _over_all(mdata, names, [key] * len(names))


def _over_all(mdata: MuData, names: Sequence[str], keys: Sequence[str]) -> tuple[np.ndarray, ...]:
    """What ``obsm`` of each modality holds under a key, over all spots, (n_obs, d_m)."""
    out = []
    for name, key in zip(names, keys, strict=True):
        values, which = _checks.dense(mdata[name].obsm[key]), _edge.measured(mdata[name])
        own = values if which.all() else values[which]
        out.append(_edge.spread(own, _edge.measured_rows(mdata, name)))
    return tuple(out)


def graph_records(mdata: MuData) -> dict[str, Any]:
    """How the graphs were built: ``spatial``, and ``features`` by modality."""
    params = dict(_checks.graph_params(mdata))
    if "kind" not in params:  # the user's own, left as it is
        library = {name: params[name] for name in ("library_key",) if params.get(name) is not None}
        params = {"kind": "existing", "name": _keys.SPATIAL, **library}
    built = {name: modality.uns.get(_keys.FEATURE_NEIGHBORS) for name, modality in mdata.mod.items()}
    kept = {name: graph["params"] for name, graph in built.items() if isinstance(graph, Mapping) and "params" in graph}
    return {"spatial": params, "features": {name: dict(graph) for name, graph in kept.items()}}


def _position(mdata: MuData) -> np.ndarray | None:
    """Coordinates and sections of the spots as one; None where the coordinates are gone."""
    try:
        coords = _checks.check_coordinates(mdata)
    except (KeyError, ValueError):
        return None
    try:
        sections = sections_of(mdata)
    except (KeyError, ValueError):  # sections were renamed or left out since
        return coords
    return position_of(coords, sections)


def position_of(coords: np.ndarray, sections: np.ndarray | None) -> np.ndarray:
    """Coordinates (n, 2) or (n, 3) with the section, integers (n,), as a further one that outweighs the others."""
    return coords if sections is None else np.column_stack([coords, 2 * np.ptp(coords, axis=0).max() * sections])


def _mean_square(values: np.ndarray) -> float:
    """Mean of the squares of numbers (n, d), in double precision, a part at a time."""
    parts = (values[begin : begin + _ROWS] for begin in range(0, len(values), _ROWS))
    return sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / values.size
