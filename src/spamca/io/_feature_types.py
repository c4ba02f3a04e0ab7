"""One table with features of several types, as 10x writes it, taken apart into modalities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from spamca import _keys
from spamca._logging import logger
from spamca.io._quiet import repeating_names

if TYPE_CHECKING:
    from anndata import AnnData

FEATURE_TYPES = "feature_types"
"""``var`` key of what a feature is (scanpy's)."""

ISOTYPE_CONTROL = "isotype_control"
"""``var`` key of whether an antibody binds nothing in the tissue (the name in 10x's feature reference)."""

NAMES = {
    "gene expression": "rna",
    "gex": "rna",
    "antibody capture": "protein",
    "adt": "protein",
    "peaks": "atac",
    "chromatin accessibility": "atac",
}
"""Modality by type of feature, in lower case. Others are called after the type."""

ISOTYPE = re.compile(r"isotype|^(mouse|rat|(armenian[ _.-]?)?hamster|rabbit|goat)[ _.-]*ig[adegm]", re.IGNORECASE)
"""How antibodies are called that serve as controls: ``mouse_IgG2a``, ``Rat IgG1 isotype``."""


def feature_types(adata: AnnData) -> list[str]:
    """Types of the features, in order of appearance; none where the table does not tell."""
    if FEATURE_TYPES not in adata.var:
        return []
    return [str(value) for value in adata.var[FEATURE_TYPES].dropna().unique()]


def modality_name(feature_type: str) -> str:
    """Name of the modality that holds features of a type: ``"rna"``, ``"protein"``, ``"atac"``, or the type's own."""
    text = feature_type.lower()
    return NAMES.get(text) or re.sub(r"[^a-z0-9]+", "_", text).strip("_") or "untyped"


def split(adata: AnnData, verb: str) -> dict[str, AnnData]:
    """Copies of the parts of a table that hold features of one type.

    Components of all features together are left out: they are features of no part.

    Parameters
    ----------
    adata
        Table with ``var["feature_types"]``.
    verb
        What the log calls the caller.

    Returns
    -------
    Modalities by name, RNA first.

    Raises
    ------
    ValueError
        If a feature has no type.
    """
    untyped = adata.var[FEATURE_TYPES].isna().to_numpy()
    if untyped.any():
        msg = (
            f"var['feature_types'] has no value for {untyped.sum()} features, e.g. {adata.var_names[untyped][0]!r}; "
            "set it, or pass one AnnData for each modality"
        )
        raise ValueError(msg)
    found = adata.var[FEATURE_TYPES].astype(str).map(modality_name).to_numpy()
    names = sorted(dict.fromkeys(found), key=lambda name: name != "rna")
    with repeating_names():
        mod = {name: adata[:, found == name].copy() for name in names}
    if len(mod) > 1:
        joint = [key for key in _keys.REPRESENTATIONS if key in adata.obsm]
        for modality in mod.values():
            for key in joint:
                del modality.obsm[key]
        if joint:
            logger.info("%s: leaving out %s, which are components of all modalities together", verb, joint)
    return mod


def flag_isotype_controls(modality: AnnData) -> int:
    """Write ``var["isotype_control"]`` of antibodies: as the file says, or else by their names.

    Returns
    -------
    Number of isotype controls.
    """
    if ISOTYPE_CONTROL in modality.var:
        known = modality.var[ISOTYPE_CONTROL].astype(str).str.strip().str.lower()
        flags = known.isin(("true", "1")).to_numpy()
    else:
        flags = pd.Series(modality.var_names).astype(str).map(lambda name: ISOTYPE.search(name) is not None).to_numpy()
    modality.var[ISOTYPE_CONTROL] = flags.astype(bool)
    return int(flags.sum())
