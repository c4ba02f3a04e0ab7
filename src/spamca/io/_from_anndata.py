"""``io.from_anndata``: a MuData from one AnnData for each omics, rows matched by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from anndata import AnnData

from spamca import _keys
from spamca._checks import check_choice, check_name
from spamca.io._assemble import assemble
from spamca.io._feature_types import feature_types, modality_name, split
from spamca.io._match import JOINS, match
from spamca.io._obsm import from_obsm
from spamca.io._quiet import repeating_names

if TYPE_CHECKING:
    import pandas as pd
    from mudata import MuData


def from_anndata(
    adatas: AnnData | Mapping[str, AnnData] | Iterable[AnnData],
    *,
    obsm: Mapping[str, str] | None = None,
    join: str = "inner",
) -> MuData:
    """Put the tables of one tissue, one for each omics, into a MuData.

    Rows are matched by ``obs_names``, in whatever order each table has them. How many match, and which do not, is told
    at level INFO of the logger ``"spamca"``.

    Parameters
    ----------
    adatas
        Tables by name of the modality, such as ``{"rna": rna, "protein": protein}``. Or tables one after another, which
        ``var["feature_types"]`` gives their names (``"Gene Expression"``: ``"rna"``, ``"Antibody Capture"``:
        ``"protein"``, ``"Peaks"``: ``"atac"``, others: the type in lower case). Or one table with features of several
        types, as scanpy reads 10x files with ``gex_only=False``, which is taken apart. Never changed.
    obsm
        Features that ``obsm`` of a table holds and that are to be a modality of their own, by its name: ``{"image": "X_image"}`` makes a
        modality ``"image"`` of ``obsm["X_image"]`` of the first table that has it, any array, sparse matrix, or DataFrame.
    join
        ``"inner"``: spots that all tables have. ``"outer"``: spots that any table has; a spot may then lack a modality,
        which all of this package allows.

    Returns
    -------
    MuData with copies of the tables. Written to it are ``obsm["spatial"]``, coordinates of all spots, where tables have
    them, and ``uns["spatial"]``, the image, of the first table that has one. A feature called as one of a modality before
    it gets the modality's name in front (``"protein:CD4"``).

    Raises
    ------
    TypeError
        If something is not an AnnData, or ``obsm`` not a mapping of names.
    KeyError
        If no table has a key that ``obsm`` names.
    ValueError
        If tables have no name, names repeat, or there is no spot in common.

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

    Features of an image, which some tool left in ``obsm``, as a third modality:

    >>> rna.obsm["X_image"] = rna.obsm["spatial"][:, [0, 1, 0]]
    >>> mdata = spamca.io.from_anndata({"rna": rna, "protein": protein}, obsm={"image": "X_image"})
    >>> mdata["image"].shape
    (80, 3)
    """
    check_choice("join", join, JOINS)
    if isinstance(adatas, AnnData):
        if not feature_types(adatas):
            msg = "adatas is one AnnData without var['feature_types']; pass a mapping such as {'rna': adata}"
            raise ValueError(msg)
        adatas = split(adatas.to_memory() if adatas.isbacked else adatas, "from_anndata")
    tables = named(adatas)
    if obsm is not None:
        for name in obsm if isinstance(obsm, Mapping) else ():
            check_modality_name(name)
        tables = {**tables, **from_obsm(tables, obsm)}
    return join_tables(tables, {name: table.obs_names for name, table in tables.items()}, join, "from_anndata")


def named(adatas: Any) -> dict[str, AnnData]:
    """Tables by name.

    Raises
    ------
    TypeError
        If it is not a mapping or a sequence of AnnData.
    ValueError
        If there is none, or a name is missing, repeats, or cannot be one.
    """
    if isinstance(adatas, Mapping):
        pairs = list(adatas.items())
    elif isinstance(adatas, Iterable) and not isinstance(adatas, str):
        pairs = [(None, table) for table in adatas]
    else:
        msg = f"adatas must be a mapping such as {{'rna': adata}} or a sequence of AnnData, got {type(adatas).__name__}"
        raise TypeError(msg)
    if not pairs:
        msg = "adatas must hold at least one AnnData, it is empty"
        raise ValueError(msg)
    tables: dict[str, AnnData] = {}
    for i, (name, table) in enumerate(pairs):
        if not isinstance(table, AnnData):
            msg = f"adatas[{i if name is None else name!r}] must be an AnnData, got {type(table).__name__}"
            raise TypeError(msg)
        key = _name_of(table, i) if name is None else name
        check_modality_name(key)
        if key in tables:
            msg = f"adatas[{i}] would be modality {key!r}, and so would another; pass a mapping with a name for each"
            raise ValueError(msg)
        tables[key] = table
    return tables


def check_modality_name(name: str) -> None:
    """Whether a MuData can hold, and a file can store, a modality of that name.

    Raises
    ------
    TypeError
        If it is not a string.
    ValueError
        If it is empty, holds a slash, or is the name of the coordinates.
    """
    check_name("the name of a modality", name)
    if not name or "/" in name or name == _keys.SPATIAL:
        msg = f"the name of a modality must not be empty, 'spatial', or hold '/', got {name!r}"
        raise ValueError(msg)


def _name_of(table: AnnData, i: int) -> str:
    types = feature_types(table)
    if len(types) == 1:
        return modality_name(types[0])
    what = f"holds features of types {types}" if types else "has no var['feature_types'] to be named after"
    msg = f"adatas[{i}] {what}; pass a mapping such as {{'rna': rna, 'protein': protein}}"
    raise ValueError(msg)


def join_tables(tables: Mapping[str, AnnData], names: Mapping[str, pd.Index], join: str, verb: str) -> MuData:
    """A MuData of copies of the tables, their rows called by the names given and brought into one order.

    Parameters
    ----------
    tables
        Tables by name of the modality; not changed.
    names
        Name of each row of each.
    join
        ``"inner"`` or ``"outer"``.
    verb
        What the log calls the caller.
    """
    kept = match(names, join, verb)
    mod = {}
    for name, table in tables.items():
        rows = names[name].get_indexer(kept)
        with repeating_names():
            part = table[rows[rows >= 0]]
            mod[name] = part.to_memory() if table.isbacked else part.copy()
        mod[name].obs_names = names[name][rows[rows >= 0]]
    return assemble(mod, verb)
