"""Whether an object is a tissue that can be worked with."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from anndata import AnnData
from mudata import MuData
from scipy.sparse.csgraph import connected_components

from spamca import _edge

FEWEST_SPOTS = 3
"""What scanpy's neighbours need."""


def check_mudata(mdata: MuData, *, copy: bool = False) -> None:
    """Whether the object is a MuData that can be written to, with spots told apart and matched between modalities.

    Objects backed by a file pass: what is written to them stays in memory.

    Parameters
    ----------
    mdata
        The tissue.
    copy
        Whether a copy of it is to be made.

    Raises
    ------
    TypeError
        If it is not a MuData of AnnData.
    ValueError
        If it is a view and not to be copied, or backed by a file and to be, its modalities share no spots, it holds fewer than two spots, or names repeat.
    """
    if isinstance(mdata, MuData) and mdata.is_view and not copy:
        msg = "mdata is a view of another MuData and nothing written to it would last; pass mdata.copy(), or copy=True"
        raise ValueError(msg)
    check_readable(mdata)
    if copy and (mdata.isbacked or any(modality.isbacked for modality in mdata.mod.values())):
        msg = "copy=True, but mdata is backed by a file; leave copy out, or read it into memory with mudata.read_h5mu(path)"
        raise ValueError(msg)


def check_size(mdata: MuData, what: str) -> None:
    """Whether there are enough spots for what is to be done with them, told in the passive: ``"to be integrated"``.

    Raises
    ------
    ValueError
        If not.
    """
    if mdata.n_obs < FEWEST_SPOTS:
        msg = f"mdata needs at least {FEWEST_SPOTS} spots {what}, it has {mdata.n_obs}"
        raise ValueError(msg)


def check_readable(mdata: MuData) -> None:
    """Whether the object is a MuData whose spots can be told apart and matched between modalities.

    Views and objects backed by a file pass: this is the check of functions that write nothing.

    Raises
    ------
    TypeError
        If it is not a MuData of AnnData.
    ValueError
        If its modalities share no spots, it holds fewer than two spots, or names repeat.
    """
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
        row = _edge.rows(mdata, name) if name in mdata.obsmap else np.empty(0, dtype=np.int64)
        same = (row >= 0).sum() == modality.n_obs and row.max(initial=-1) == modality.n_obs - 1
        if not same or not modality.obs_names[row[row >= 0]].equals(mdata.obs_names[row >= 0]):
            msg = f"mdata no longer matches the spots of mdata[{name!r}]; call mdata.update()"
            raise ValueError(msg)


def _check_shared(mdata: MuData) -> None:
    present, names = _edge.present(mdata), list(mdata.mod)
    shared = np.eye(len(names), dtype=bool)
    for a, b in combinations(range(len(names)), 2):
        shared[a, b] = (present[:, a] & present[:, b]).any()
    n_parts, part = connected_components(shared, directed=False)
    if n_parts > 1:
        first = [name for name, p in zip(names, part, strict=True) if p == 0]
        rest = [name for name, p in zip(names, part, strict=True) if p != 0]
        a, b = mdata[first[0]].obs_names, mdata[rest[0]].obs_names
        msg = (
            f"modalities {first} and {rest} have no spot in common: mdata[{first[0]!r}].obs_names begin with "
            f"{list(a[:1])}, mdata[{rest[0]!r}].obs_names with {list(b[:1])}; give the same spot the same name in each"
        )
        raise ValueError(msg)
