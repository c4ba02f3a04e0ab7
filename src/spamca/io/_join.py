"""Tables of one tissue into a MuData: split by types of features, spots matched by name, names of features made unique."""

from __future__ import annotations

import re
import warnings
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd
from scipy.sparse.csgraph import connected_components

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

APART = "apart"  # no two modalities have a spot in common, whatever their names
JOINS = ("inner", "outer", APART)  # spots that all modalities have, or spots that any has
FEATURE_TYPES = "feature_types"  # var key of what a feature is (scanpy's)
ISOTYPE_CONTROL = "isotype_control"  # var key of whether an antibody binds nothing in the tissue (10x's)
ENDING = r"[-_.]\d+$"  # what tools append to barcodes

# Modality by type of feature, in lower case. Others are named after the type.
NAMES = {
    "gene expression": "rna",
    "gex": "rna",
    "antibody capture": "protein",
    "protein expression": "protein",
    "adt": "protein",
    "peaks": "atac",
    "chromatin accessibility": "atac",
}
# Types of features that measure nothing in the tissue, as Xenium has several.
CONTROL = re.compile(r"control|codeword", re.IGNORECASE)
# Antibodies that serve as controls: mouse_IgG2a, Rat IgG1 isotype.
ISOTYPE = re.compile(r"isotype|^(?:mouse|rat|(?:armenian[ _.-]?)?hamster|rabbit|goat)[ _.-]*ig[adegm]", re.IGNORECASE)


def feature_types(adata: AnnData) -> list[str]:
    """Types of the features, in order of appearance; none where the table has no such column."""
    return [str(value) for value in adata.var[FEATURE_TYPES].dropna().unique()] if FEATURE_TYPES in adata.var else []


def modality_name(feature_type: str) -> str:
    """Name of the modality that holds features of a type: ``"rna"``, ``"protein"``, ``"atac"``, or the type's own."""
    text = feature_type.lower()
    return NAMES.get(text) or re.sub(r"[^a-z0-9]+", "_", text).strip("_") or "untyped"


def split(adata: AnnData, verb: str) -> dict[str, AnnData]:
    """Copies of the features of each modality, RNA first; without controls, and without components of all features.

    ``verb`` is the caller, for the log. ValueError if a feature has no type.
    """
    untyped = adata.var[FEATURE_TYPES].isna().to_numpy()
    if untyped.any():
        msg = (
            f"var['feature_types'] has no value for {untyped.sum()} features, e.g. {adata.var_names[untyped][0]!r}; "
            "set it, or pass one AnnData for each modality"
        )
        raise ValueError(msg)
    types = adata.var[FEATURE_TYPES].astype(str)
    controls = [kind for kind in types.unique() if CONTROL.search(kind)]
    if controls and len(controls) < types.nunique():
        logger.info("%s: leaving out features of types %s", verb, controls)
        adata, types = adata[:, ~types.isin(controls)], types[~types.isin(controls)]
    found = types.map(modality_name).to_numpy()
    names = sorted(dict.fromkeys(found), key=lambda name: name != "rna")
    mod = {name: copied(adata[:, found == name]) for name in names}
    joint = [key for key in _keys.REPRESENTATIONS if key in adata.obsm]
    if joint and len(mod) > 1:
        logger.info("%s: leaving out %s, which are components of all modalities together", verb, joint)
        for modality in mod.values():
            for key in joint:
                del modality.obsm[key]
    return mod


def copied(adata: AnnData) -> AnnData:
    """A copy in memory. Names of features may repeat: :func:`assemble` renames them, so anndata need not warn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* names are not unique")
        return adata.to_memory() if adata.isbacked else adata.copy()


def flag_isotype_controls(modality: AnnData) -> int:
    """Write ``var["isotype_control"]`` of antibodies, from the file or else from their names; returns their number."""
    if ISOTYPE_CONTROL in modality.var:
        flags = modality.var[ISOTYPE_CONTROL].astype(str).str.strip().str.lower().isin(["true", "1"])
    else:
        flags = modality.var_names.str.contains(ISOTYPE)
    modality.var[ISOTYPE_CONTROL] = flags
    return int(flags.sum())


def join_tables(tables: Mapping[str, AnnData], names: Mapping[str, pd.Index], join: str, verb: str) -> MuData:
    """A MuData of copies of the tables, in one order of rows, which get ``names``; ``verb`` is the caller, for the log."""
    names = separate(names, verb) if join == APART else names
    kept = match(names, join, verb)
    mod = {}
    for name, table in tables.items():
        rows = names[name].get_indexer(kept)
        mod[name] = copied(table[rows[rows >= 0]])
        mod[name].obs_names = names[name][rows[rows >= 0]]
    return assemble(mod, verb)


def separate(names: Mapping[str, pd.Index], verb: str) -> dict[str, pd.Index]:
    """Names that no two modalities share: with that of the modality before them if any did."""
    every = pd.Index([]).append([index.unique() for index in names.values()])
    if every.is_unique:
        return dict(names)
    logger.info(
        "%s: modalities are apart but share names of rows, e.g. %r; named after the modality too",
        verb,
        every[every.duplicated()][0],
    )
    return {name: pd.Index([f"{name}:{one}" for one in index]) for name, index in names.items()}


def match(names: Mapping[str, pd.Index], join: str, verb: str) -> pd.Index:
    """Names of the spots to keep, in the order of the first modality; unless it is ``"inner"``, those that it lacks follow.

    ValueError if a name occurs twice in a modality, or if modalities share no spot and cannot be joined.
    """
    for name, index in names.items():
        if not index.is_unique:
            twice = index[index.duplicated()]
            msg = (
                f"obs_names of {name!r} must be unique, {len(twice)} occur again, e.g. {twice[0]!r}; spots are matched by "
                "name, so give each its own (several sections: put the section's name before them), in the same way in "
                "each modality"
            )
            raise ValueError(msg)
    union = pd.Index([]).append(list(names.values())).unique()
    present = pd.DataFrame({name: union.isin(index) for name, index in names.items()}, index=union)
    shared = present.all(axis=1)
    if join != APART:
        _check_overlap(names, present, join)
    inner, found = join == "inner", []
    for name in names:
        rest = union[present[name] & ~shared] if inner else union[~present[name]]
        if len(rest):
            examples = ", ".join(map(repr, rest[:3]))
            found.append(f"{len(rest)} {'left out of' if inner else 'lack'} {name!r} (e.g. {examples})")
    kept, which = (union[shared], "all") if inner else (union, "any")
    outcome = ", ".join(found) or ("none left out" if inner else "none lacks a modality")
    logger.info("%s: %d spots in %s of %s; %s", verb, len(kept), which, list(names), outcome)
    return kept


def _check_overlap(names: Mapping[str, pd.Index], present: pd.DataFrame, join: str) -> None:
    """Whether the modalities can be joined (ValueError); ``present`` is which spot (row) has which modality (column)."""
    common = present.T.astype(int) @ present.astype(int)  # spots that each two modalities share
    n_groups, _ = connected_components(common.to_numpy(), directed=False)
    if present.all(axis=1).any() if join == "inner" else n_groups == 1:
        return
    apart = [(a, b) for a, b in combinations(names, 2) if not common.loc[a, b]]
    if not apart:
        msg = f"no spot is in all of {list(names)}, though each two share some; pass join='outer'"
        raise ValueError(msg)
    a, b = apart[0]
    one, other = (names[name].astype(str) for name in (a, b))
    bare = [index.str.replace(ENDING, "", regex=True) for index in (one, other)]
    if n_same := int(bare[0].isin(bare[1]).sum()):
        ending = next(iter(one.append(other).str.extract(f"({ENDING})", expand=False).dropna()))
        remedy = (
            f"without endings such as {ending!r} {n_same} of them agree, so take the endings off both: "
            f"adata.obs_names = adata.obs_names.str.replace({ENDING!r}, '', regex=True)"
        )
    elif len(one) == len(other):
        remedy = f"if their rows are the same spots in the same order, copy the names of {a!r} to {b!r}"
    else:
        remedy = "give the same spot the same name in each"
    remedy += "; where they were measured at different places, pass join='apart', and call spamca.pp.onto_spots"
    msg = (
        f"{a!r} and {b!r} have no spot in common: obs_names of {a!r} begin with {list(names[a][:2])}, those of {b!r} with "
        f"{list(names[b][:2])}; {remedy}"
    )
    raise ValueError(msg)


def assemble(mod: dict[str, AnnData], verb: str) -> MuData:
    """A MuData of the modalities themselves, with unique names of features, coordinates, and the image."""
    from mudata import MuData

    _name_features(mod, verb)
    with _edge.without_pull():
        mdata = MuData(mod)
    try:
        mdata.obsm[_keys.SPATIAL] = _checks.check_coordinates(mdata)
    except KeyError:
        logger.info("%s: no coordinates; set mdata.obsm['spatial'] before spamca.pp.neighbors(mdata)", verb)
    except ValueError as error:
        logger.warning("%s: no coordinates in common: %s", verb, error)
    image = next((modality.uns[_keys.SPATIAL] for modality in mod.values() if _keys.SPATIAL in modality.uns), None)
    if image is not None:
        mdata.uns[_keys.SPATIAL] = image
    return mdata


def _name_features(mod: dict[str, AnnData], verb: str) -> None:
    """Make names of features unique, as MuData needs them: antibodies often have the names of genes."""
    seen = pd.Index([])
    for name, modality in mod.items():
        if not modality.var_names.is_unique:
            twice = modality.var_names[modality.var_names.duplicated()]
            logger.info("%s: %d features of %r repeat a name, e.g. %r; numbered", verb, len(twice), name, twice[0])
            modality.var_names_make_unique()
        clash, old = modality.var_names.isin(seen), modality.var_names
        if clash.any():
            modality.var_names = old.where(~clash, _keys.pulled(name, "") + old)
            what = "%s: %d features of %r have the name of a feature in another modality; %r is now %r, and so on"
            logger.info(what, verb, clash.sum(), name, old[clash][0], modality.var_names[clash][0])
        seen = seen.append(modality.var_names)
