"""Types of features: the modality that each belongs to, and those that are no omics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca._checks import check_name
from spamca._logging import logger
from spamca.features.controls import is_control_type, is_isotype
from spamca.features.kinds import named_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from anndata import AnnData

RNA, PROTEIN, ATAC = "rna", "protein", "atac"

KNOWN = {
    RNA: ("Gene Expression", "GEX", "Gene", "Genes"),
    PROTEIN: ("Antibody Capture", "Protein Expression", "ADT"),
    ATAC: ("Peaks", "Chromatin Accessibility"),
}
"""Types by modality. A type that names a kind of omics, such as H3K27ac or Metabolites, is a modality of its own name."""

NO_OMICS = {
    "CRISPR Guide Capture": "guides that cells were given",
    "Multiplexing Capture": "labels of samples",
    "Antibody Hashing": "labels of samples",
    "VDJ": "sequences of receptors",
    "VDJ-T": "sequences of receptors",
    "VDJ-B": "sequences of receptors",
}
"""Types that say nothing of the state of the tissue, and what they are."""

_MODALITY = {kind.lower(): name for name, kinds in KNOWN.items() for kind in kinds}
_NO_OMICS = {kind.lower(): what for kind, what in NO_OMICS.items()}


def types_of(adata: AnnData) -> list[str]:
    """Types of the features, in order of appearance; none where the table has no such column."""
    types = adata.var.get(_keys.FEATURE_TYPES)
    return [] if types is None else [str(value) for value in types.dropna().unique()]


def check_modality_name(name: str) -> None:
    """Whether a modality may have that name, in a MuData and in its file (TypeError, ValueError)."""
    check_name("the name of a modality", name)
    if not name or "/" in name or name == _keys.SPATIAL:
        msg = f"the name of a modality must not be empty, 'spatial', or hold '/', got {name!r}"
        raise ValueError(msg)


def check_feature_types(feature_types: Any, there: Sequence[str]) -> dict[str, str | None]:
    """The mapping from types to modalities that a user gave; TypeError, ValueError, or KeyError if no feature has a type."""
    if feature_types is None:
        return {}
    if not isinstance(feature_types, Mapping):
        msg = f"feature_types must be a mapping from types to modalities, such as {{'Custom': 'rna'}}, got {feature_types!r}"
        raise TypeError(msg)
    for kind, name in feature_types.items():
        if kind not in there:
            msg = f"feature_types names {kind!r}, and var['feature_types'] holds {list(there)}"
            raise KeyError(msg)
        if name is not None:
            check_modality_name(name)
    return dict(feature_types)


def modalities(types: Sequence[str], given: Mapping[str, str | None], verb: str) -> dict[str, str | None]:
    """Modality of each type, None for what is left out and for controls, which have none of their own.

    ValueError if a type is unknown. ``verb`` is the caller, for the log.
    """
    found: dict[str, str | None] = {}
    for kind in types:
        key = kind.strip().lower()
        own = re.sub(r"[^a-z0-9]+", "_", key).strip("_")
        if kind in given:
            found[kind] = given[kind]
        elif key in _MODALITY:
            found[kind] = _MODALITY[key]
        elif key in _NO_OMICS or is_control_type(kind):
            found[kind] = None
        elif named_kind(kind) is not None:
            found[kind] = own
        else:
            known = ", ".join(name for names in KNOWN.values() for name in names)
            msg = (
                f"features of type {kind!r} are of no type that is known ({known}, or the name of a kind of omics, such as "
                f"'Metabolites'); name their modality with feature_types={{{kind!r}: {own or 'other'!r}}}, or leave them out "
                f"with feature_types={{{kind!r}: None}}"
            )
            raise ValueError(msg)
    out = [kind for kind in types if kind not in given and kind.strip().lower() in _NO_OMICS]
    if out:
        what = "; ".join(f"{kind!r}, {_NO_OMICS[kind.strip().lower()]}" for kind in out)
        logger.info("%s: left out as no omics: %s; feature_types={%r: 'a name'} keeps them", verb, what, out[0])
    return found


def assigned(var: pd.DataFrame, given: Mapping[str, str | None], verb: str) -> np.ndarray:
    """Modality of each feature, (n_features,), None for those left out; controls go with what they control.

    ValueError if a type is unknown, or if nothing but controls is there.
    """
    types = var[_keys.FEATURE_TYPES].astype(str)
    of = modalities(list(types.unique()), given, verb)
    found = types.map(of).astype(object).to_numpy(copy=True)
    control = types.map({kind: is_control_type(kind) and kind not in given for kind in of}).to_numpy(dtype=bool)
    found[control] = None
    names = list(dict.fromkeys(name for name in found if isinstance(name, str)))
    if not names:
        msg = f"no feature is of an omics: var['feature_types'] holds {list(of)} alone"
        raise ValueError(msg)
    for name, rows in ((RNA, control & ~is_isotype(var)), (PROTEIN, control & is_isotype(var))):
        found[rows] = name if name in names else names[0]
    found[[not isinstance(name, str) for name in found]] = None
    return found
