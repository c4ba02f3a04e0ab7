"""``io.from_anndata``: a MuData from one AnnData for each omics, rows matched by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from spamca import _keys
from spamca._checks import check_choice, check_name
from spamca.io._join import JOINS, join_tables, split
from spamca.io._types import check_feature_types, check_modality_name, modalities, types_of

if TYPE_CHECKING:
    from mudata import MuData


def from_anndata(
    adatas: AnnData | Mapping[str, AnnData] | Iterable[AnnData],
    *,
    feature_types: Mapping[str, str | None] | None = None,
    obsm: Mapping[str, str] | None = None,
    join: str = "inner",
) -> MuData:
    """Put the tables of one tissue, one for each omics, into a MuData.

    Rows are matched by ``obs_names``, in whatever order each table has them. What matches, and what does not, is logged.

    Parameters
    ----------
    adatas
        Tables by name of the modality, such as ``{"rna": rna, "protein": protein}``. Or a sequence of tables, which are
        named by ``var["feature_types"]`` (``"Gene Expression"``: ``"rna"``, ``"Antibody Capture"`` or ``"Protein
        Expression"``: ``"protein"``, ``"Peaks"`` or ``"Chromatin Accessibility"``: ``"atac"``, another kind of omics: its
        name in lower case). Or one table with features of several types, as scanpy reads 10x files with
        ``gex_only=False``, which is split. Never changed.
    feature_types
        Modality of features by their type, for types that are not known or to name them otherwise:
        ``{"Custom": "rna"}``. None leaves a type out.
    obsm
        Features in ``obsm`` that become a modality of their own, by its name: ``{"image": "X_image"}`` makes a modality
        ``"image"`` of ``obsm["X_image"]`` of the first table that has it, an array, sparse matrix, or DataFrame.
    join
        ``"inner"``: spots that all tables have. ``"outer"``: spots that any table has; a spot may then lack a modality.
        ``"apart"``: tables of different places, which share no spot whatever their names, for :func:`spamca.pp.onto_spots`.

    Returns
    -------
    MuData with copies of the tables, coordinates of all spots in ``obsm["spatial"]``, and the first image in
    ``uns["spatial"]``, where tables have them. A feature whose name is taken in a modality before it gets its own
    modality's name in front (``"protein:CD4"``). Controls of the assay, such as blanks and isotypes, stay in the modality
    that they control and are flagged in its ``var["control"]``. Guides, hashtags and receptors are left out.

    Raises
    ------
    TypeError
        If something is not an AnnData, or ``obsm`` not a mapping of names.
    KeyError
        If no table has a key that ``obsm`` names, or a type that ``feature_types`` names.
    ValueError
        If tables have no name, names repeat, a type of features is unknown, or there is no spot in common.

    See Also
    --------
    spamca.io.from_spatialdata : the same for the tables of a SpatialData.

    Examples
    --------
    >>> import spamca
    >>> tissue = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> rna, protein = tissue["rna"][:90].copy(), tissue["protein"][10:]
    >>> spamca.io.from_anndata({"rna": rna, "protein": protein}).n_obs
    80
    >>> spamca.io.from_anndata([rna, protein], join="outer").n_obs
    100

    Features of an image, which some tool wrote to ``obsm``, as a third modality:

    >>> rna.obsm["X_image"] = rna.obsm["spatial"][:, [0, 1, 0]]
    >>> mdata = spamca.io.from_anndata({"rna": rna, "protein": protein}, obsm={"image": "X_image"})
    >>> mdata["image"].shape
    (80, 3)
    """
    check_choice("join", join, JOINS)
    if isinstance(adatas, AnnData):
        if not types_of(adatas):
            msg = "adatas is one AnnData without var['feature_types']; pass a mapping such as {'rna': adata}"
            raise ValueError(msg)
        adatas = split(adatas.to_memory() if adatas.isbacked else adatas, "from_anndata", feature_types)
        feature_types = None
    tables = _named(adatas, feature_types)
    if obsm is not None:
        tables |= _from_obsm(tables, obsm)
    return join_tables(tables, {name: table.obs_names for name, table in tables.items()}, join, "from_anndata")


def _named(adatas: Any, feature_types: Any) -> dict[str, AnnData]:
    """Tables by the name given, else by the modality of their features."""
    if isinstance(adatas, Mapping):
        if feature_types is not None:
            msg = f"feature_types={feature_types!r} names modalities, and so does adatas; pass a sequence of tables, or one"
            raise ValueError(msg)
        pairs = list(adatas.items())
    elif isinstance(adatas, Iterable) and not (isinstance(adatas, str) or getattr(adatas, "ndim", None) == 0):
        pairs = [(None, table) for table in adatas]
    else:
        msg = f"adatas must be a mapping such as {{'rna': adata}} or a sequence of AnnData, got {type(adatas).__name__}"
        raise TypeError(msg)
    if not pairs:
        msg = "adatas must hold at least one AnnData, it is empty"
        raise ValueError(msg)
    for i, (name, table) in enumerate(pairs):
        if not isinstance(table, AnnData):
            msg = f"adatas[{i if name is None else name!r}] must be an AnnData, got {type(table).__name__}"
            raise TypeError(msg)
    given = check_feature_types(feature_types, [kind for _, table in pairs for kind in types_of(table)])
    tables: dict[str, AnnData] = {}
    for i, (name, table) in enumerate(pairs):
        name = _typed(table, i, given) if name is None else name
        check_modality_name(name)
        if name in tables:
            msg = f"adatas[{i}] would be modality {name!r}, and so would another; pass a mapping with a name for each"
            raise ValueError(msg)
        tables[name] = table
    return tables


def _typed(table: AnnData, i: int, given: Mapping[str, str | None]) -> str:
    """Modality of the features of a table, by their types; ValueError if they are of none or several."""
    types = types_of(table)
    names = {name for name in modalities(types, given, "from_anndata").values() if name is not None}
    if len(names) != 1:
        what = f"holds features of types {types}" if types else "has no var['feature_types'] to be named after"
        msg = f"adatas[{i}] {what}; pass a mapping such as {{'rna': rna, 'protein': protein}}"
        raise ValueError(msg)
    return names.pop()


def _from_obsm(tables: Mapping[str, AnnData], obsm: Mapping[str, str]) -> dict[str, AnnData]:
    """Tables of the features in an ``obsm``, by modality, with the spots and coordinates of its table."""
    if not isinstance(obsm, Mapping):
        msg = f"obsm must be a mapping of names of modalities to keys of obsm, such as {{'image': 'X_image'}}, got {obsm!r}"
        raise TypeError(msg)
    made = {}
    for name, key in obsm.items():
        check_modality_name(name)
        check_name(f"obsm[{name!r}]", key)
        if name in tables:
            msg = f"obsm names modality {name!r}, which is a table already; choose another name"
            raise ValueError(msg)
        holder = next((table for table in tables.values() if key in table.obsm), None)
        if holder is None:
            there = {other: list(table.obsm) for other, table in tables.items()}
            msg = f"obsm[{name!r}]={key!r} is in obsm of no table; they hold {there}"
            raise KeyError(msg)
        held = holder.obsm[key]
        columns = held.columns if isinstance(held, pd.DataFrame) else range(held.shape[-1])
        X = sparse.csr_matrix(held) if sparse.issparse(held) else np.asarray(held)
        if X.ndim != 2 or X.dtype.kind not in "biuf":
            msg = f"obsm[{key!r}] must be a matrix of numbers, got shape {X.shape} of {X.dtype}"
            raise ValueError(msg)
        names = [column if isinstance(column, str) else f"{key}_{column}" for column in columns]
        obs, var = pd.DataFrame(index=holder.obs_names), pd.DataFrame(index=names)
        made[name] = AnnData(X.astype(np.float32), obs=obs, var=var)
        if _keys.SPATIAL in holder.obsm:
            made[name].obsm[_keys.SPATIAL] = np.array(holder.obsm[_keys.SPATIAL])
    return made
