"""The edge between MuData and arrays: which row is which spot, and writing that can be undone.

Rows of modalities are matched through ``obsmap``, never by position: a spot may lack a modality, and modalities may hold
their spots in different orders. ``row`` is what :func:`rows` gives, shape (n_obs,).
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from anndata import AnnData
    from mudata import MuData

_MAPPINGS = ("obsm", "obsp", "varm", "varp", "layers", "uns")


def rows(mdata: MuData, modality: str) -> np.ndarray:
    """Row of ``mdata[modality]`` that holds each spot, integers of shape (n_obs,), -1 where the spot lacks the modality."""
    # obsmap counts from 1 and is 0 where the modality is absent; its dtype is unsigned.
    return np.asarray(mdata.obsmap[modality]).ravel().astype(np.int64) - 1


def measured(modality: AnnData) -> np.ndarray:
    """Which spots of a modality were measured, booleans (n_modality,), as its preparation found; all where it noted none."""
    if _keys.MEASURED not in modality.obs:
        return np.ones(modality.n_obs, dtype=bool)
    column = modality.obs[_keys.MEASURED]  # joined from sections, some of which had no such column
    return column.astype(object).where(column.notna(), other=True).to_numpy(dtype=bool)


def write_measured(modality: AnnData, which: np.ndarray) -> None:
    """Note which spots of a modality were measured, booleans (n_modality,); nothing where all were."""
    if not which.all():
        modality.obs[_keys.MEASURED] = which
    elif _keys.MEASURED in modality.obs:
        del modality.obs[_keys.MEASURED]


def places(which: np.ndarray) -> np.ndarray:
    """Place of each row among the chosen ones, integers (n,), -1 for the others; ``which`` is booleans (n,)."""
    return np.where(which, np.cumsum(which) - 1, -1)


def among(row: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Rows (n_obs,) counted among some rows of a modality, booleans (n_modality,); -1 where a spot has none of them."""
    return row if which.all() else np.where(row >= 0, places(which)[row], -1)


def measured_rows(mdata: MuData, modality: str) -> np.ndarray:
    """As :func:`rows`, counted among the rows that were measured, and -1 where none was."""
    return among(rows(mdata, modality), measured(mdata[modality]))


def present(mdata: MuData) -> np.ndarray:
    """Which spot has which modality: booleans of shape (n_obs, n_modalities), columns in the order of ``mdata.mod``."""
    return np.column_stack([rows(mdata, modality) >= 0 for modality in mdata.mod])


def spread(values: np.ndarray, row: np.ndarray, fill: float = 0.0) -> np.ndarray:
    """Values (n_modality, ...) of a modality's spots laid out over all spots, (n_obs, ...); the others get ``fill``.

    Not copied where the modality has all spots in their order.
    """
    if np.array_equal(row, np.arange(len(values))):
        return values
    out = np.full((len(row), *values.shape[1:]), fill, dtype=values.dtype)
    has = row >= 0
    out[has] = values[row[has]]
    return out


def spread_graph(graph: csr_matrix, row: np.ndarray) -> csr_matrix:
    """A graph (n_modality, n_modality) laid out over all spots, (n_obs, n_obs); those that lack the modality have no edges."""
    if np.array_equal(row, np.arange(graph.shape[0])):
        return graph
    edges, position, n = coo_matrix(graph), spots(row, graph.shape[0]), len(row)
    return csr_matrix((edges.data, (position[edges.row], position[edges.col])), shape=(n, n))


def collect(values: Any, row: np.ndarray, n_modality: int) -> Any:
    """Values over all spots in the order of one modality, (n_modality, ...): the inverse of :func:`spread`.

    They may be anything that takes an integer index: an array, a categorical, a sparse matrix (rows only). Not copied where
    the modality has all spots in their order.
    """
    position = spots(row, n_modality)
    return values if len(row) == n_modality and np.array_equal(position, np.arange(n_modality)) else values[position]


def spots(row: np.ndarray, n_modality: int) -> np.ndarray:
    """Position among all spots of each row of a modality, shape (n_modality,)."""
    position = np.empty(n_modality, dtype=np.int64)
    has = row >= 0
    position[row[has]] = np.flatnonzero(has)
    return position


@contextmanager
def transaction(mdata: MuData, *, copy: bool = False) -> Iterator[MuData]:
    """Give the object to write to, the caller's or a copy, and undo every write if the block does not end well."""
    from anndata import ImplicitModificationWarning

    with without_pull():
        if mdata.is_view and not copy:
            actual(mdata)
        target = mdata.copy() if copy else mdata
    holders: list[Any] = [target, *target.mod.values()]
    before = [_snapshot(holder) for holder in holders]
    with warnings.catch_warnings():
        # MuData({"rna": adata[mask]}) holds a view, which is as good as an object to whoever made it.
        warnings.simplefilter("ignore", category=ImplicitModificationWarning)
        try:
            yield target
        except BaseException:  # an interrupt by the user must not leave half a result either
            for holder, state in zip(holders, before, strict=True):
                _restore(holder, state)
            raise


def actual(mdata: MuData) -> None:
    """Turn a view into a MuData of its own, with a warning, as anndata does when a view is written to."""
    from anndata import ImplicitModificationWarning

    what = "mdata is a view of another MuData: it is copied, and results are written to the copy"
    warnings.warn(what, ImplicitModificationWarning, stacklevel=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what mudata and pandas note of a copy
        mdata.obs = mdata.obs.copy()  # setting it copies a view


@contextmanager
def unchanged(mdata: MuData) -> Iterator[MuData]:
    """Give the object, or a copy of a view, to work on, and undo every write at the end: nothing large is copied."""
    with without_pull():
        target = mdata.copy() if mdata.is_view else mdata
    holders: list[Any] = [target, *target.mod.values()]
    before = [_snapshot(holder) for holder in holders]
    try:
        yield target
    finally:
        for holder, state in zip(holders, before, strict=True):
            _restore(holder, state)


@contextmanager
def without_pull() -> Iterator[None]:
    """Keep mudata 0.3 from copying every column of the modalities into the MuData, and from warning that it does."""
    import mudata

    if not hasattr(mudata, "set_options"):
        yield
        return
    # Not used as a context: entering one logs on the root logger, and so configures it.
    before = mudata.set_options(pull_on_update=False).opts
    try:
        yield
    finally:
        mudata.set_options(**before)


def storable(names: Iterable[str]) -> list[str]:
    """Names as keys or columns: ``"/"``, which Zarr and anndata do not allow in them, becomes ``"_"``, numbered where that is taken."""
    names = [str(name) for name in names]
    taken, found = {name for name in names if "/" not in name}, []
    for name in names:
        base, number = name.replace("/", "_"), 0
        new = base
        while new != name and new in taken:
            number += 1
            new = f"{base}-{number}"
        taken.add(new)
        found.append(new)
    return found


def in_memory(modality: AnnData) -> AnnData:
    """A copy of a modality in memory."""
    return modality.to_memory() if modality.isbacked else modality.copy()


def drop_pulled(mdata: MuData, column: str) -> None:
    """Remove copies of a column of the modalities that mudata pulled into ``mdata.obs``: they do not follow it."""
    for name in mdata.mod:
        if (pulled := _keys.pulled(name, column)) in mdata.obs:
            del mdata.obs[pulled]


def _snapshot(holder: AnnData | MuData) -> dict[str, Any]:
    # A MuData has no layers, and says so by an error or by None depending on its version.
    found = {name: getattr(holder, name, None) for name in _MAPPINGS}
    state: dict[str, Any] = {name: _shallow(mapping) for name, mapping in found.items() if mapping is not None}
    return state | {"obs": holder.obs.copy(), "var": holder.var.copy()}


def _shallow(mapping: Mapping[str, Any]) -> dict[str, Any]:
    # Arrays are never changed in place by this package, so keeping references is enough; nested dicts are.
    return {key: _shallow(value) if isinstance(value, dict) else value for key, value in mapping.items()}


def _restore(holder: AnnData | MuData, state: dict[str, Any]) -> None:
    for name in _MAPPINGS:
        if name not in state:
            continue
        mapping, old = getattr(holder, name), state[name]
        for key in [key for key in mapping if key not in old]:
            del mapping[key]
        for key, value in old.items():
            if key not in mapping or mapping[key] is not value:
                mapping[key] = value
    for name in ("obs", "var"):
        if not getattr(holder, name).equals(state[name]):
            setattr(holder, name, state[name])
