"""Whether the modalities have features that can be worked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca import _keys

if TYPE_CHECKING:
    from mudata import MuData


def check_features(X: Any, modality: str, *, counts: bool = False) -> None:
    """Whether a matrix of features can be worked with.

    Parameters
    ----------
    X
        Dense or sparse, (n_spots, n_features), or the blocks of a matrix that is not in memory.
    modality
        Name of the modality, for the message.
    counts
        Whether the values stand for counts and may not be negative.

    Raises
    ------
    ValueError
        If it is missing, has no column, or holds non-finite values or negative counts.
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
    # Extremes carry NaN and infinity along, so that no mask of the size of the data is needed.
    low, high = _extremes(X)
    if not (np.isfinite(low) and np.isfinite(high)):
        msg = f"features of modality {modality!r} must be finite, there are NaN or infinite values; set or remove them"
        raise ValueError(msg)
    if counts and low < 0:
        msg = (
            f"modality {modality!r} is to be prepared as counts but holds negative values (lowest {low:.4g}); put raw "
            f"counts into mdata[{modality!r}].X, or pass kinds={{{modality!r}: 'generic'}} to spamca.pp.prepare"
        )
        raise ValueError(msg)


def _extremes(X: Any) -> tuple[float, float]:
    from spamca.features import Blocks

    if isinstance(X, Blocks):
        return X.look.low, X.look.high
    values = X.data if sparse.issparse(X) else np.asarray(X)
    return (values.min(), values.max()) if values.size else (0, 0)


def check_modality_names(name: str, mapping: Mapping[str, Any], mdata: MuData) -> None:
    """Whether an argument is a mapping by modality.

    Raises
    ------
    TypeError
        If it is not a mapping.
    KeyError
        If it names a modality that does not exist.
    """
    if not isinstance(mapping, Mapping):
        msg = f"{name} must be a mapping by modality such as {{{next(iter(mdata.mod))!r}: ...}}, got {mapping!r}"
        raise TypeError(msg)
    for modality in mapping:
        if modality not in mdata.mod:
            msg = f"{name} names modality {modality!r}, but mdata has {list(mdata.mod)}"
            raise KeyError(msg)


def check_modality_records(mdata: MuData) -> None:
    """Whether the place in ``uns`` of each modality where this package keeps its record is free, or holds one.

    Raises
    ------
    ValueError
        If something else is there.
    """
    for name, modality in mdata.mod.items():
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        if not isinstance(record, Mapping):
            msg = (
                f"mdata[{name!r}].uns[{_keys.MODALITY_RECORD!r}] must be the record that spamca keeps there, got "
                f"{type(record).__name__}; move it to another key of uns"
            )
            raise ValueError(msg)


def check_representation(mdata: MuData, modality: str, use_rep: str) -> np.ndarray:
    """Representation of a modality's spots as an array.

    Returns
    -------
    Shape (n_modality, n_features).

    Raises
    ------
    KeyError
        If the modality's ``obsm`` does not hold it.
    ValueError
        If it is not a matrix of finite numbers.
    """
    obsm = mdata[modality].obsm
    if use_rep not in obsm:
        msg = (
            f"use_rep={use_rep!r} is not in mdata[{modality!r}].obsm, which holds {list(obsm)}; "
            "call spamca.pp.prepare(mdata) and leave use_rep out"
        )
        raise KeyError(msg)
    values = obsm[use_rep]
    # Dense, as the network holds what it is to restore: a representation is to be narrow, whoever made it.
    values = values.toarray() if sparse.issparse(values) else np.asarray(values)
    slot = f"mdata[{modality!r}].obsm[{use_rep!r}]"
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        msg = f"{slot} must be a matrix of finite numbers, got shape {values.shape} of {values.dtype}; compute it anew"
        raise ValueError(msg)
    return values
