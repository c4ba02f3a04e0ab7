"""The one place that judges input and words the errors.

Every check runs before anything is computed or written, names the argument, quotes the value, and says what mends it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData
from mudata import MuData
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from spamca import _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def check_mudata(mdata: MuData) -> None:
    """Whether the object is a MuData whose spots can be told apart and matched between modalities.

    Raises
    ------
    TypeError
        If it is not a MuData of AnnData.
    ValueError
        If it is a view or backed by a file, its modalities share no spots, it holds fewer than two spots, or names repeat.
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
    if mdata.is_view:
        msg = "mdata is a view of another MuData and nothing written to it would last; pass mdata.copy()"
        raise ValueError(msg)
    if mdata.isbacked:
        msg = "mdata is backed by a file; read it into memory with mudata.read_h5mu(path)"
        raise ValueError(msg)
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


def check_key_added(mdata: MuData, key_added: str) -> None:
    """Whether results can be stored under a key.

    Raises
    ------
    ValueError
        If it is empty, holds a slash (which files do not store), or is the name of a modality.
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        msg = f"key_added must be a non-empty string without '/', got {key_added!r}"
        raise ValueError(msg)
    if key_added in mdata.mod or _keys.embedding(key_added) in mdata.mod:
        msg = (
            f"key_added={key_added!r} collides with a modality of that name; choose another, e.g. '{key_added}_domains'"
        )
        raise ValueError(msg)


def check_n_clusters(n_clusters: int, n_obs: int) -> None:
    """Whether a number of clusters suits a number of spots.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 2 or above the number of spots.
    """
    if isinstance(n_clusters, (bool, np.bool_)) or not isinstance(n_clusters, (int, np.integer)):
        msg = f"n_clusters must be an integer, got {n_clusters!r}"
        raise TypeError(msg)
    if not 2 <= n_clusters <= n_obs:
        msg = f"n_clusters must be at least 2 and at most the number of spots ({n_obs}), got {n_clusters}"
        raise ValueError(msg)


def check_count(name: str, value: int, *, least: int = 0) -> None:
    """Whether an argument is an integer of at least some size.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        msg = f"{name} must be an integer, got {value!r}"
        raise TypeError(msg)
    if value < least:
        msg = f"{name} must be at least {least}, got {value}"
        raise ValueError(msg)


def check_neighbors(name: str, n_neighbors: int, n_obs: int, *, where: str = "mdata") -> None:
    """Whether a number of neighbours suits a number of spots.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 1, or not below the number of spots.
    """
    check_count(name, n_neighbors, least=1)
    if n_neighbors >= n_obs:
        msg = f"{name} must be less than the {n_obs} spots of {where}, got {n_neighbors}; pass a smaller {name}"
        raise ValueError(msg)


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Whether an argument is one of its choices.

    Raises
    ------
    ValueError
        If it is not.
    """
    if value not in choices:
        msg = f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        raise ValueError(msg)


def check_coordinates(mdata: MuData, basis: str = _keys.SPATIAL) -> np.ndarray:
    """Coordinates of all spots.

    Those of ``mdata.obsm[basis]`` where there are any; else those of the modalities, the first that has a spot speaking
    for it.

    Returns
    -------
    Shape (n_obs, 2), float64.

    Raises
    ------
    KeyError
        If neither the MuData nor a modality has coordinates.
    ValueError
        If they are not two finite numbers a spot, are missing for a spot, or must be joined and disagree.
    """
    if basis in mdata.mod:
        msg = f"spatial_key={basis!r} collides with a modality of that name; rename the modality, or name another slot"
        raise ValueError(msg)
    held = {name: modality.obsm[basis] for name, modality in mdata.mod.items() if basis in modality.obsm}
    coords = {name: _checked_coordinates(values, f"mdata[{name!r}]", basis) for name, values in held.items()}
    if basis in mdata.obsm:
        joined = _checked_coordinates(mdata.obsm[basis], "mdata", basis)
    elif coords:
        joined = _joined_coordinates(mdata, coords, basis)
    else:
        msg = (
            f"no coordinates: neither mdata.obsm[{basis!r}] nor obsm[{basis!r}] of a modality exists; set "
            f"mdata.obsm[{basis!r}] to an array of shape ({mdata.n_obs}, 2), or name the slot with spatial_key"
        )
        raise KeyError(msg)
    for name, values in coords.items():
        row = _edge.rows(mdata, name)
        if not np.allclose(joined[row >= 0], values[row[row >= 0]]):
            source = "mdata" if basis in mdata.obsm else f"mdata[{next(iter(coords))!r}]"
            logger.info("coordinates are those of %s; mdata[%r].obsm[%r] differs and is not used", source, name, basis)
    return joined


def _checked_coordinates(values: Any, where: str, basis: str) -> np.ndarray:
    slot = f"{where}.obsm[{basis!r}]"
    values = values.toarray() if sparse.issparse(values) else np.asarray(values)
    if values.ndim != 2 or values.shape[1] != 2:
        msg = f"{slot} must have two columns, x and y, got shape {values.shape}; set it to an array of shape (n_obs, 2)"
        raise ValueError(msg)
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{slot} must hold numbers, got {values.dtype}; set it to an array of numbers of shape (n_obs, 2)"
        raise ValueError(msg) from error
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        msg = (
            f"{slot} must be finite, {bad.sum()} spots have NaN or infinite coordinates, first at row "
            f"{bad.argmax()}; set them or leave those spots out"
        )
        raise ValueError(msg)
    return values


def _joined_coordinates(mdata: MuData, coords: dict[str, np.ndarray], basis: str) -> np.ndarray:
    joined = np.full((mdata.n_obs, 2), np.nan)
    for name, values in coords.items():
        values = _edge.spread(values, _edge.rows(mdata, name), np.nan)
        known, missing = ~np.isnan(joined[:, 0]), np.isnan(joined[:, 0])
        fills, both = missing & ~np.isnan(values[:, 0]), known & ~np.isnan(values[:, 0])
        if fills.any() and not np.allclose(joined[both], values[both]):
            msg = (
                f"obsm[{basis!r}] of modality {name!r} disagrees with that of the modalities before it on the spots they "
                f"share, so they cannot be joined; set mdata.obsm[{basis!r}] to coordinates in one frame"
            )
            raise ValueError(msg)
        joined[fills] = values[fills]
    missing = np.isnan(joined[:, 0])
    if missing.any():
        msg = (
            f"{missing.sum()} spots have no coordinates, e.g. {mdata.obs_names[missing.argmax()]!r}: modalities "
            f"{[name for name in mdata.mod if name not in coords]} lack obsm[{basis!r}]; set mdata.obsm[{basis!r}]"
        )
        raise ValueError(msg)
    return joined


def check_library(mdata: MuData, library_key: str | None) -> np.ndarray | None:
    """Section of each spot as strings, shape (n_obs,), from ``obs`` of the MuData or of the modalities; None for None.

    Raises
    ------
    KeyError
        If neither has the column.
    ValueError
        If a spot has no section.
    """
    if library_key is None:
        return None
    holders = {name: holder for name, holder in (("mdata", mdata), *mdata.mod.items()) if library_key in holder.obs}
    if not holders:
        msg = f"library_key={library_key!r} is not a column of mdata.obs or of obs of a modality"
        raise KeyError(msg)
    section = np.full(mdata.n_obs, None, dtype=object)
    for name, holder in holders.items():
        values = holder.obs[library_key].astype(object).to_numpy()
        values = values if holder is mdata else _edge.spread(values, _edge.rows(mdata, name), None)
        section = np.where(pd.isna(section), values, section)
    missing = pd.isna(section)
    if missing.any():
        msg = f"library_key={library_key!r} has no value for {missing.sum()} spots; set mdata.obs[{library_key!r}]"
        raise ValueError(msg)
    return section.astype(str)


def check_features(X: Any, modality: str, *, counts: bool = False) -> None:
    """Whether a matrix of features can be worked with.

    Parameters
    ----------
    X
        Dense or sparse, (n_spots, n_features).
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
    values = X.data if sparse.issparse(X) else np.asarray(X)
    if not np.issubdtype(values.dtype, np.number) and values.dtype != bool:
        msg = f"features of modality {modality!r} must be numbers, got {values.dtype}"
        raise ValueError(msg)
    # Extremes carry NaN and infinity along, so that no mask of the size of the data is needed.
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
    """Whether the keys of a mapping are modalities.

    Raises
    ------
    KeyError
        If one is not.
    """
    for modality in mapping:
        if modality not in mdata.mod:
            msg = f"{name} names modality {modality!r}, but mdata has {list(mdata.mod)}"
            raise KeyError(msg)


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
    values = values.toarray() if sparse.issparse(values) else np.asarray(values)
    slot = f"mdata[{modality!r}].obsm[{use_rep!r}]"
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        msg = f"{slot} must be a matrix of finite numbers, got shape {values.shape} of {values.dtype}; compute it anew"
        raise ValueError(msg)
    return values
