"""The table that Vitessce reads: spots with coordinates, sets, an embedding of two columns, numbers and features."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from spamca import _edge, _keys
from spamca._checks import check_column
from spamca._colors import colors_of
from spamca._logging import logger
from spamca.cluster import principal_components
from spamca.features import is_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mudata import MuData

NONE, NONE_COLOR = "no value", "#dddddd"  # category of spots without one
GAP = 1.1  # from section to section, in widths of the widest
CHUNK = 2**18  # values that the viewer fetches for a feature at most


def default_columns(mdata: MuData, key: str, library_key: str | None) -> list[str]:
    """Domains, sections, and the numbers that spamca writes for each spot."""
    names = [key, library_key, _keys.confidence(key), *(_keys.modality_weight(name, key) for name in mdata.mod)]
    names += [_keys.pseudotime(key), _keys.novelty(key)]
    return [name for name in names if name is not None and name in mdata.obs]


def sets_of(mdata: MuData, columns: Sequence[str]) -> tuple[dict[str, pd.Categorical], dict[str, dict[str, str]]]:
    """Columns with categories by name, (n_obs,) each, and by name the colour of each category that has a spot."""
    values, colors = {}, {}
    for column in columns:
        place = check_column(mdata, "columns", column)
        found = pd.Categorical(place.values)
        names = [str(name) for name in found.categories]
        known = dict(zip(names, colors_of(place.holder.uns, place.name, names), strict=True)) | {NONE: NONE_COLOR}
        labels = np.array([*names, NONE], dtype=object)[found.codes]  # the code -1 takes the last
        used = [name for name in known if name in set(labels)]
        slot = re.sub(r"[^\w.-]", "_", column)  # goes into an address
        values[slot], colors[slot] = pd.Categorical(labels, used), {name: known[name] for name in used}
    return values, colors


def arranged(spatial: np.ndarray, library: np.ndarray | None) -> np.ndarray:
    """Coordinates (n_obs, 2) with sections side by side, as each has a frame of its own."""
    if library is None or len(names := np.unique(library)) < 2:
        return spatial
    out, width = np.empty_like(spatial), max(np.ptp(spatial[library == name, 0]) for name in names)
    for i, name in enumerate(names):
        own = library == name
        out[own] = spatial[own] - spatial[own].min(axis=0) + [i * GAP * width, 0]
    return out


def plane(mdata: MuData, embedding: str) -> np.ndarray:
    """The embedding in two columns, (n_obs, 2): itself, or its first principal components."""
    values = np.asarray(mdata.obsm[embedding], dtype=np.float64)
    if values.shape[1] == 2:
        return values
    points = principal_components(values, 2)[0]
    return np.column_stack([points, np.zeros(len(points))])[:, :2]


def shown_values(mdata: MuData, name: str, layer: str | None) -> Any:
    """Features of a modality, (n_modality, n_features): counts as logarithms at the median depth, others as they are."""
    import scanpy as sc

    modality = mdata[name]
    values = modality.layers[layer] if layer is not None and layer in modality.layers else modality.X
    if values is None or not is_counts(values):
        return values
    counts = AnnData(sparse.csr_matrix(values, dtype=np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spots without counts stay without
        sc.pp.normalize_total(counts)
        sc.pp.log1p(counts)
    return counts.X


def differing(values: Any, labels: np.ndarray, n_features: int) -> np.ndarray:
    """Positions of the features (n, d) that differ most between groups with labels (n,), by the F statistic, best first."""
    from sklearn.feature_selection import f_classif

    if n_features >= values.shape[1]:
        return np.arange(values.shape[1])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # features that are the same everywhere
        score = f_classif(values, labels)[0]
    return np.argsort(-np.nan_to_num(score, nan=-1), kind="stable")[:n_features]


def feature_table(
    mdata: MuData, wanted: Sequence[str] | None, n_features: int, layer: str | None, labels: np.ndarray
) -> pd.DataFrame:
    """Features of all modalities side by side, (n_obs, n_chosen); 0 where a spot lacks the modality or has no value.

    The ``wanted``, or of each modality those ``n_features`` that differ most between groups with labels (n_obs,). Features that several
    modalities have get the modality in front of their name.
    """
    chosen = None if wanted is None else _located(mdata, wanted)
    tables = []
    for name, modality in mdata.mod.items():
        if chosen is not None and name not in chosen:
            continue
        values, row = shown_values(mdata, name, layer), _edge.rows(mdata, name)
        own = _edge.collect(labels, row, modality.n_obs)
        at = differing(values, own, n_features) if chosen is None else chosen[name]
        dense = values[:, at].toarray() if sparse.issparse(values) else np.asarray(values[:, at])
        dense = np.nan_to_num(_edge.spread(dense.astype(np.float32), row))
        tables.append(
            pd.DataFrame(dense, mdata.obs_names, pd.MultiIndex.from_product([[name], modality.var_names[at]]))
        )
    joint = pd.concat(tables, axis=1)
    bare = joint.columns.get_level_values(1)
    twice = bare.duplicated(keep=False)
    names = [_keys.pulled(*both) if double else both[1] for both, double in zip(joint.columns, twice, strict=True)]
    return joint.set_axis(names, axis=1)


def scaled(values: np.ndarray) -> np.ndarray:
    """Each column of (n, d) between 0, its 1st percentile, and 1, its 99th, float32."""
    low, high = np.percentile(values, [1, 99], axis=0)
    low, high = np.where(high > low, low, values.min(axis=0)), np.where(high > low, high, values.max(axis=0))
    return np.clip((values - low) / np.where(high > low, high - low, 1), 0, 1).astype(np.float32)


def write_store(path: Path, table: AnnData) -> None:
    """Write the table as Zarr, its matrix by columns, so that the viewer fetches one feature at a time."""
    import anndata as ad

    rows = min(table.n_obs, 2**16)
    chunks = (rows, max(1, min(table.n_vars, CHUNK // rows)))
    with warnings.catch_warnings(), ad.settings.override(zarr_write_format=2):  # which all versions of the viewer read
        warnings.simplefilter("ignore")  # anndata's and zarr's own, of changes to come
        table.write_zarr(path, chunks=chunks)


def numbers(mdata: MuData, columns: Sequence[str]) -> pd.DataFrame:
    """Columns with numbers, (n_obs, n_columns), missing ones 0."""
    held = {name: check_column(mdata, "columns", name).values for name in columns}
    found = pd.DataFrame(held, index=mdata.obs_names).astype(np.float32)
    if lacking := [column for column in found if found[column].isna().any()]:
        logger.info("to_vitessce: %s lack values for some spots, which are shown as 0", lacking)
    return found.fillna(0)


def _located(mdata: MuData, wanted: Sequence[str]) -> Mapping[str, list[int]]:
    """Positions of the named features by modality: ``"<modality>:<feature>"``, or a name that one modality has."""
    found: dict[str, list[int]] = {}
    for one in wanted:
        modality, _, rest = one.partition(":")
        if modality in mdata.mod and rest in mdata[modality].var_names:
            owners, feature = [modality], rest
        else:
            owners, feature = [name for name, held in mdata.mod.items() if one in held.var_names], one
        if len(owners) != 1:
            what = (
                f"several modalities have, {owners}; name one as '{owners[0]}:{one}'" if owners else "no modality has"
            )
            msg = f"features names {one!r}, which {what}"
            raise KeyError(msg)
        found.setdefault(owners[0], []).append(int(mdata[owners[0]].var_names.get_loc(feature)))
    return found
