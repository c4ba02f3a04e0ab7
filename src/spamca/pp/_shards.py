"""Preparation of modalities whose spots are spread over processes."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca import _checks, _edge, _keys
from spamca.features import KINDS, Blocks, Fitted, matrix_of
from spamca.features._blocks import in_blocks
from spamca.features._opened import COUNT_LAYERS
from spamca.pp._modality import Representation, beside, counted, prepare_modality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca._group import Group

DECIDING = (_keys.FEATURE_TYPES, _keys.CONTROL, _keys.ISOTYPE_CONTROL, _keys.HIGHLY_VARIABLE)
"""Columns of ``var`` that decide which features are used, and how."""


def check_shards(
    mdata: MuData,
    group: Group,
    arguments: Mapping[str, Any],
    described: Callable[[AnnData], str] | None = None,
    mend: str = "give each process the same features in the same order, with the same layers and columns of var",
) -> None:
    """Whether arguments, modalities, and their features as ``described``, are the same in all processes (ValueError)."""
    if group.size > 1:
        group.agree("run the same script in every process, with a number as random_state", arguments)
        together = "give each process sections or tiles that together have all modalities"
        group.agree(together, {"modalities": list(mdata.mod)})
        tell = described or _described
        group.agree(mend, {f"features of {name!r}": tell(modality) for name, modality in mdata.mod.items()})


def code_of(*several: Any) -> str:
    """A few letters and digits, others where a name or number of an array is another."""
    return sha256(b"".join(repr(one.shape).encode() + one.tobytes() for one in map(np.asarray, several))).hexdigest()[
        :8
    ]


def _described(modality: AnnData) -> str:
    """Features of a modality and what decides how they are prepared."""
    names = modality.var_names.astype(str)
    said = [modality.var[column].astype(str).tolist() for column in DECIDING if column in modality.var]
    layers = [layer for layer in COUNT_LAYERS if layer in modality.layers]
    code = code_of(layers, names.tolist(), *said)
    return f"{len(names)} ({', '.join([*names[:2], '...', *names[-1:]])}; {code})" if len(names) else "none"


def prepare_modalities(
    mdata: MuData, names: Iterable[str], kinds: Mapping[str, str], group: Group, **options: Any
) -> dict[str, Representation]:
    """Features of modalities, by :func:`~spamca.pp._modality.prepare_modality`; nothing is written.

    Of several processes, the first prepares rows of all of them, and each treats its own spots as these were. Where the rows are all
    that there are, the features are those of one process that holds them.
    """
    if group.size == 1:
        return {name: prepare_modality(mdata, name, kinds.get(name), **options) for name in names}
    return {name: _prepared(mdata[name], name, kinds.get(name), group, **options) for name in names}


def _prepared(
    modality: AnnData, name: str, kind: str | None, group: Group, *, random_state: int, **options: Any
) -> Representation:
    wanted, whole = group.share(modality.n_obs)
    rng = np.random.default_rng([random_state, group.rank])
    rows = np.arange(modality.n_obs) if whole else np.sort(rng.choice(modality.n_obs, wanted, replace=False))
    held: dict[str | None, Any] = {None: modality.X}
    held |= {layer: modality.layers[layer] for layer in COUNT_LAYERS if layer in modality.layers}
    given = {layer: _some(X, rows) for layer, X in held.items()}

    def made(parts: list[dict[str | None, Any]]) -> tuple[Representation, list[int]]:
        from anndata import AnnData
        from mudata import MuData

        X, *layers = ((layer, _stacked([part[layer] for part in parts])) for layer in parts[0])
        joined = AnnData(X[1], var=modality.var, layers=dict(layers))
        done = prepare_modality(MuData({name: joined}), name, kind, random_state=random_state, **options)
        ends = np.cumsum([0, *(0 if part[None] is None else part[None].shape[0] for part in parts)])
        if not whole:
            assert done.prepared is not None
            none = done.values[:0]
            done = replace(done, values=none, prepared=replace(done.prepared, values=none))
        return done, ends.tolist()

    done, ends = group.first(given, made)
    if whole:
        own = slice(ends[group.rank], ends[group.rank + 1])
        values, measured = done.values[own], done.measured[own]
    else:
        values, measured = _treated(modality, name, done, options["empty"], options.get("caller", "prepare"))
    features = beside(modality, replace(done.prepared, values=values))
    return Representation(features.key, values, done.kind, measured, features, done.how)


def _treated(
    modality: AnnData, name: str, done: Representation, empty: str, caller: str
) -> tuple[np.ndarray, np.ndarray]:
    """Features of all spots of a modality, treated as a preparation treated others, and which of them were measured."""
    assert done.prepared is not None
    held, kind = counted(modality, name, empty, caller), KINDS[done.kind]
    X, _ = matrix_of(held, done.kind)
    _checks.check_features(X, name, counts=kind.counts)
    used = done.prepared.used() | (held.real & kind.centred)
    fitted = Fitted(done.prepared.loadings, done.prepared.columns, done.prepared.constants).take(used)
    treated, known = kind.treat(X, np.flatnonzero(used[held.real]), fitted)
    return _edge.spread(known.scores(treated), _edge.places(held.measured)), held.measured


def _some(X: Any, rows: np.ndarray) -> Any:
    """Rows of a matrix in memory."""
    X = in_blocks(X)
    if X is None:
        return None
    return X.array[rows].compute() if isinstance(X, Blocks) else X[rows]


def _stacked(parts: list[Any]) -> Any:
    if any(part is None for part in parts):
        return None
    return sparse.vstack(parts, format="csr") if any(map(sparse.issparse, parts)) else np.concatenate(parts)
