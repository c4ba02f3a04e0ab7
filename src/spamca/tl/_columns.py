"""Domains, sections and other columns of a tissue as arrays over all spots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spamca import _checks, _edge, _keys, _records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData
    from scipy import sparse


def domains_of(mdata: MuData, key: str, *, least: int = 2, argument: str = "key") -> tuple[list[str], np.ndarray]:
    """Names of the domains in a column, ``least`` of them or more, that have spots, and domain of each spot, integers (n_obs,), -1 for none."""
    import pandas as pd

    mend = f"run spamca.tl.integrate(mdata), or name another column with {argument}" if key == _keys.SPAMCA else ""
    values = _checks.check_column(mdata, argument, key, mend=mend).values
    if pd.api.types.is_float_dtype(values):
        msg = f"{argument}={key!r} holds numbers, but must hold domains; name a column of categories, such as {_keys.SPAMCA!r}"
        raise ValueError(msg)
    found = pd.Categorical(values).remove_unused_categories()
    if len(found.categories) < least:
        msg = (
            f"{argument}={key!r} has {len(found.categories)} domains, at least {least} are needed; name another column"
        )
        raise ValueError(msg)
    return [str(name) for name in found.categories], found.codes.astype(np.int64)


def sections_of(mdata: MuData, library_key: str | None, caller: str) -> tuple[list[str], np.ndarray]:
    """Names of the sections and section of each spot, integers (n_obs,); one named "tissue" where there is no column of them."""
    library = _checks.check_library(mdata, _checks.find_library_key(mdata, library_key, caller))
    if library is None:
        return ["tissue"], np.zeros(mdata.n_obs, dtype=np.int64)
    names, section = np.unique(library, return_inverse=True)
    return names.tolist(), section.ravel().astype(np.int64)


def adjacency_of(mdata: MuData) -> sparse.csr_matrix:
    """The spatial graph, with weights 1, symmetric, (n_obs, n_obs); KeyError if there is none."""
    from spamca.graph import existing_graph

    name = _keys.connectivities(_keys.SPATIAL)
    if name not in mdata.obsp:
        msg = f"mdata.obsp has no spatial graph {name!r}; run spamca.pp.neighbors(mdata)"
        raise KeyError(msg)
    graph = _checks.check_graph(mdata.obsp[name], f"mdata.obsp[{name!r}]")
    found = existing_graph(graph, graph).connectivities
    found.data[:] = 1
    return found


def embedding_of(mdata: MuData, use_rep: str, key: str, *, others: bool = True) -> np.ndarray:
    """An embedding in ``obsm``, finite numbers of shape (n_obs, d); KeyError or ValueError if there is none.

    Messages name the call that makes that of the result ``key``, and with ``others`` what ``use_rep`` could be instead.
    """
    if use_rep not in mdata.obsm or use_rep in mdata.mod:
        held = ", ".join(repr(name) for name in mdata.obsm if name not in mdata.mod) or "nothing"
        own = use_rep == _keys.embedding(_records.source_of(mdata, key))
        ways = [_records.integrating(mdata, key)] if own else []
        ways += [f"name an embedding with use_rep: mdata.obsm holds {held}"] if others else []
        msg = f"mdata.obsm[{use_rep!r}] does not exist; {', or '.join(ways)}"
        raise KeyError(msg)
    values = _checks.dense(mdata.obsm[use_rep])
    if values.ndim != 2 or values.shape[1] == 0 or values.dtype.kind != "f":
        msg = f"mdata.obsm[{use_rep!r}] must be a table of numbers, got {values.dtype} of shape {values.shape}"
        raise ValueError(msg)
    again = "call spamca.tl.integrate(mdata) again, or leave those spots out"
    _checks.check_finite(values, f"mdata.obsm[{use_rep!r}]", "values", again)
    return values


def neighbors_of(mdata: MuData, neighbors_key: str, names: Sequence[str]) -> dict[str, sparse.csr_matrix]:
    """Graphs (n_obs, n_obs) of neighbours in scanpy's layout, ``connectivities`` or ``distances``; a KeyError if there are none of that name."""
    record = mdata.uns.get(neighbors_key)
    record = record if isinstance(record, Mapping) else {}
    slots = {name: str(record.get(f"{name}_key", "")) for name in names}
    if not all(slot in mdata.obsp for slot in slots.values()):
        msg = (
            f"neighbors_key={neighbors_key!r} names no neighbours: mdata.uns[{neighbors_key!r}] must name {' and '.join(names)} that "
            f"mdata.obsp holds; call scanpy.pp.neighbors(mdata, use_rep=..., key_added={neighbors_key!r}), or leave it out"
        )
        raise KeyError(msg)
    return {name: _checks.check_graph(mdata.obsp[slot], f"mdata.obsp[{slot!r}]") for name, slot in slots.items()}


def parts_of(mdata: MuData, name: str) -> tuple[np.ndarray, list[str]]:
    """Share of each category in each spot, (n_obs, n_categories), NaN where it is not known, and the names of the categories.

    From a column of ``obs``, or from a data frame in ``obsm`` of the MuData or of a modality whose rows sum to more than 0 and are
    divided by that sum. KeyError if there is neither.
    """
    import pandas as pd

    _checks.check_name("composition", name)
    held = {"mdata": mdata, **mdata.mod}
    frames = {where: one.obsm[name] for where, one in held.items() if name in one.obsm and name not in mdata.mod}
    frames = {where: frame for where, frame in frames.items() if isinstance(frame, pd.DataFrame)}
    if not frames:
        found = pd.Categorical(_checks.check_column(mdata, "composition", name).values)
        parts = np.eye(len(found.categories))[found.codes]
        parts[found.codes < 0] = np.nan
        return parts, [str(category) for category in found.categories]
    where, frame = next(iter(frames.items()))
    values = frame.to_numpy(dtype=np.float64)
    if (values < 0).any():
        msg = f"composition={name!r} has negative shares, lowest {np.nanmin(values):.3g}; name a table of shares or counts"
        raise ValueError(msg)
    with np.errstate(invalid="ignore"):
        values = values / values.sum(axis=1, keepdims=True)
    values = values if where == "mdata" else _edge.spread(values, _edge.rows(mdata, where), np.nan)
    return values, [str(category) for category in frame.columns]
