"""Tables of one tissue into a MuData: split by types of features, spots matched by name, names of features made unique."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd
from scipy.sparse.csgraph import connected_components

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.io._controls import flag_controls
from spamca.io._types import RNA, assigned, check_feature_types, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

APART = "apart"  # no two modalities have a spot in common, whatever their names
JOINS = ("inner", "outer", APART)  # spots that all modalities have, or spots that any has
ENDING = r"[-_.]\d+$"  # what tools append to barcodes


def split(adata: AnnData, verb: str, feature_types: Mapping[str, str | None] | None = None) -> dict[str, AnnData]:
    """Copies of the features of each modality, RNA first; without components of all features. Controls go with their assay.

    ``verb`` is the caller, for the log; ``feature_types`` names modalities of types. ValueError if a feature has no type, or a
    type is unknown.
    """
    untyped = adata.var[_keys.FEATURE_TYPES].isna().to_numpy()
    if untyped.any():
        msg = (
            f"var['feature_types'] has no value for {untyped.sum()} features, e.g. {adata.var_names[untyped][0]!r}; "
            "set it, or pass one AnnData for each modality"
        )
        raise ValueError(msg)
    found = assigned(adata.var, check_feature_types(feature_types, types_of(adata)), verb)
    names = sorted(dict.fromkeys(name for name in found if name is not None), key=lambda name: name != RNA)
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
        return _edge.in_memory(adata)


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


def by_types(
    adata: AnnData,
    verb: str,
    feature_types: Mapping[str, str | None] | None,
    images: tuple[str, Mapping[str, Any]] | None = None,
    what: str = "cells",
) -> MuData:
    """A MuData of one table, :func:`split`, with ``images`` of the section of a name in each modality."""
    mod = split(adata, verb, feature_types)
    if images is not None:
        section, record = images
        for modality in mod.values():  # each has its own dicts; the arrays are shared
            modality.uns[_keys.SPATIAL] = {section.replace("/", "_"): {key: dict(part) for key, part in record.items()}}
    found = ", ".join(f"{modality.n_vars} features of {name!r}" for name, modality in mod.items())
    logger.info("%s: %d %s, %s", verb, adata.n_obs, what, found)
    return assemble(mod, verb)


def assemble(mod: dict[str, AnnData], verb: str) -> MuData:
    """A MuData of the modalities themselves, with controls flagged, unique names of features, coordinates, and the image."""
    from mudata import MuData

    flag_controls(mod, verb)
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
