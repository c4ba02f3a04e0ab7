"""Whether an object is a tissue whose spots, modalities and features can be worked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca import _edge, _keys
from spamca._checks.arguments import check_flag, check_name

if TYPE_CHECKING:
    from mudata import MuData


def check_mudata(mdata: MuData, *, copy: bool = False) -> None:
    """Whether the object passes :func:`check_readable` and can be written to, or copied with ``copy`` (ValueError).

    Objects backed by a file pass without ``copy``: what is written to them stays in memory. So do views, which are copied
    before they are written to.
    """
    check_flag("copy", copy)
    check_readable(mdata)
    if copy and (mdata.isbacked or any(modality.isbacked for modality in mdata.mod.values())):
        msg = "copy=True, but mdata is backed by a file; leave copy out, or read it into memory with mudata.read_h5mu(path)"
        raise ValueError(msg)


def check_size(mdata: MuData, what: str) -> None:
    """Whether there are enough spots (ValueError); ``what`` completes the sentence, e.g. ``"to be integrated"``."""
    if mdata.n_obs < 3:  # what scanpy's neighbours need
        msg = f"mdata needs at least 3 spots {what}, it has {mdata.n_obs}"
        raise ValueError(msg)


def check_readable(mdata: MuData, *, apart: bool = False) -> None:
    """Whether the object is a MuData of AnnData (TypeError) with unique spots that its modalities share (ValueError).

    Views and objects backed by a file pass, for functions that write nothing. With ``apart``, modalities need not share spots.
    """
    from anndata import AnnData
    from mudata import MuData

    if not isinstance(mdata, MuData):
        msg = f"mdata must be a MuData, got {type(mdata).__name__}; wrap an AnnData as mudata.MuData({{'rna': adata}})"
        raise TypeError(msg)
    if not mdata.mod:
        msg = "mdata has no modality; build it as mudata.MuData({'rna': adata, ...})"
        raise ValueError(msg)
    for name, modality in mdata.mod.items():
        if not isinstance(modality, AnnData):
            msg = f"mdata[{name!r}] must be an AnnData, got {type(modality).__name__}"
            raise TypeError(msg)
    if mdata.axis != 0:
        msg = f"the modalities of mdata must share spots (axis=0), got axis={mdata.axis}; rebuild it with axis=0"
        raise ValueError(msg)
    _check_names(mdata)
    if mdata.n_obs < 2:
        msg = f"mdata needs at least 2 spots, it has {mdata.n_obs}"
        raise ValueError(msg)
    if not apart:
        _check_shared(mdata)


def _check_names(mdata: MuData) -> None:
    for where, holder in [*((f"mdata[{name!r}]", modality) for name, modality in mdata.mod.items()), ("mdata", mdata)]:
        if not holder.obs_names.is_unique:
            twice = holder.obs_names[holder.obs_names.duplicated()][0]
            msg = (
                f"{where}.obs_names must be unique, {twice!r} occurs more than once; call obs_names_make_unique() on each "
                "AnnData, in the same order of spots, and build the MuData again"
            )
            raise ValueError(msg)
    for name, modality in mdata.mod.items():
        row = modality.obs_names.get_indexer(mdata.obs_names)
        recorded = name in mdata.obsmap and np.array_equal(_edge.rows(mdata, name), row)
        if not recorded or (row >= 0).sum() < modality.n_obs:
            msg = f"mdata no longer matches the spots of mdata[{name!r}]; call mdata.update()"
            raise ValueError(msg)


def _check_shared(mdata: MuData) -> None:
    from scipy.sparse.csgraph import connected_components

    present, names = _edge.present(mdata), np.array(list(mdata.mod))
    n_parts, part = connected_components(present.T.astype(np.int64) @ present, directed=False)
    if n_parts > 1:
        first, rest = names[part == 0].tolist(), names[part > 0].tolist()
        a, b = mdata[first[0]].obs_names, mdata[rest[0]].obs_names
        msg = (
            f"modalities {first} and {rest} have no spot in common: mdata[{first[0]!r}].obs_names begin with "
            f"{list(a[:1])}, mdata[{rest[0]!r}].obs_names with {list(b[:1])}; give the same spot the same name in each, or, "
            f"where they were measured at different places, call spamca.pp.onto_spots(mdata, reference={first[0]!r})"
        )
        raise ValueError(msg)


def check_features(X: Any, modality: str, *, counts: bool = False) -> None:
    """Whether features (n_spots, n_features) are there and finite, and not negative where they are counts (ValueError).

    ``X`` is dense, sparse, or the blocks of a matrix that is not in memory.
    """
    if X is None:
        msg = f"mdata[{modality!r}].X is empty; set it, or name features of obsm with use_rep"
        raise ValueError(msg)
    if X.shape[1] == 0:
        msg = f"modality {modality!r} has no features; leave it out of the MuData"
        raise ValueError(msg)
    if X.dtype.kind not in "biuf":
        msg = f"features of modality {modality!r} must be real numbers, got {X.dtype}; set mdata[{modality!r}].X"
        raise ValueError(msg)
    # NaN and infinity show in the extremes, so no mask of the size of the data is needed.
    if hasattr(X, "look"):  # blocks, whose extremes are known
        low, high = X.look.low, X.look.high
    else:
        values = X.data if sparse.issparse(X) else np.asarray(X)
        low, high = (values.min(), values.max()) if values.size else (0, 0)
    if not (np.isfinite(low) and np.isfinite(high)):
        msg = f"features of modality {modality!r} must be finite, there are NaN or infinite values; set or remove them"
        raise ValueError(msg)
    if counts and low < 0:
        msg = (
            f"modality {modality!r} is to be prepared as counts but holds negative values (lowest {low:.4g}); put raw "
            f"counts into mdata[{modality!r}].X, or pass kinds={{{modality!r}: 'generic'}} to spamca.pp.prepare"
        )
        raise ValueError(msg)


def check_modality_names(name: str, mapping: Mapping[str, Any], mdata: MuData) -> None:
    """Whether an argument is a mapping (TypeError) whose keys are modalities (KeyError)."""
    if not isinstance(mapping, Mapping):
        msg = f"{name} must be a mapping by modality such as {{{next(iter(mdata.mod))!r}: ...}}, got {mapping!r}"
        raise TypeError(msg)
    for modality in mapping:
        if modality not in mdata.mod:
            msg = f"{name} names modality {modality!r}, but mdata has {list(mdata.mod)}"
            raise KeyError(msg)


def check_slots(name: str, value: str | Mapping[str, str] | None, mdata: MuData) -> None:
    """Whether an argument names a slot of ``obsm``, one for all modalities or one for some of them (TypeError, KeyError); None for none."""
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, Mapping):
        example = f"{{{next(iter(mdata.mod))!r}: ...}}"
        msg = f"{name} must be the name of a slot of obsm, or a mapping by modality such as {example}, got {value!r}"
        raise TypeError(msg)
    check_modality_names(name, value, mdata)
    for modality, slot in value.items():
        if slot is not None:
            check_name(f"{name}[{modality!r}]", slot)


def check_modality_records(mdata: MuData) -> None:
    """Whether the key in ``uns`` of each modality where this package keeps its record is free or holds one (ValueError)."""
    for name, modality in mdata.mod.items():
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        if not isinstance(record, Mapping):
            msg = (
                f"mdata[{name!r}].uns[{_keys.MODALITY_RECORD!r}] must be the record that spamca keeps there, got "
                f"{type(record).__name__}; move it to another key of uns"
            )
            raise ValueError(msg)


def check_representation(mdata: MuData, modality: str, use_rep: str, measured: np.ndarray | None = None) -> np.ndarray:
    """Representation of a modality's spots, (n_modality, n_features), if it is there (KeyError) and finite (ValueError).

    Only rows of spots that were ``measured``, booleans (n_modality,), have to be finite.
    """
    obsm = mdata[modality].obsm
    if use_rep not in obsm:
        msg = (
            f"use_rep={use_rep!r} is not in mdata[{modality!r}].obsm, which holds {list(obsm)}; "
            "call spamca.pp.prepare(mdata) and leave use_rep out"
        )
        raise KeyError(msg)
    values = dense(obsm[use_rep])
    own = values if measured is None or len(measured) != len(values) else values[measured]
    slot = f"mdata[{modality!r}].obsm[{use_rep!r}]"
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind != "f" or not np.isfinite(own).all():
        held = obsm[use_rep]
        of = getattr(held, "dtype", type(held).__name__)
        msg = f"{slot} must be a matrix of finite numbers, got shape {values.shape} of {of}; compute it again"
        raise ValueError(msg)
    return values


def dense(values: Any) -> np.ndarray:
    """What a slot of ``obsm`` holds, sparse, a data frame or an array, as an array; of numbers and booleans in floating point.

    What is no number stays as it is, missing numbers are NaN. Arrays of single or double precision are not copied.
    """
    import pandas as pd

    # Dense, since the network holds what it restores in memory: a representation should have few columns.
    if isinstance(values, (pd.DataFrame, pd.Series)):
        try:
            values = values.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            return np.asarray(values, dtype=object)
    values = values.toarray() if sparse.issparse(values) else np.asarray(values)
    if values.dtype.kind in "biu" or values.dtype == np.float16:
        return values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)
    return values.astype(np.float64) if values.dtype == np.longdouble else np.ascontiguousarray(values)
