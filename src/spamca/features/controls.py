"""Features that control the assay and measure nothing in the tissue: by flags, by types of features, and by names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

TYPES = {
    "Xenium": (
        *("Negative Control Probe", "Negative Control Codeword", "Genomic Control"),
        *("Unassigned Codeword", "Deprecated Codeword", "Blank Codeword"),
    ),
    "CITE-seq": ("Isotype Control",),
}
"""Values of ``var["feature_types"]`` that are controls, by the platform that writes them."""

NAMES = {
    "Xenium": (
        r"NegControl(Probe|Codeword)_\w+",
        r"(Unassigned|Deprecated)Codeword_\d+",
        r"BLANK_\d+",
        r"antisense_\w+",  # of the first panels
        r"Intergenic_\w+",
    ),
    "CosMx": (r"NegPrb\d*", r"Negative\d+", r"NegProbe-\w+", r"SystemControl\d+", r"FalseCode\d*"),
    "MERSCOPE": (r"Blank[-_ ]\d+",),
    "spike-ins": (r"ERCC-\d{5}",),
}
"""Regular expressions of whole names, case-insensitive, by the platform that gives them: no gene is called so."""

# Host, class and light chain, as in mouse_IgG1k, Ms IgG2a, Rat IgG2b, armenian_hamster_IgG. Only IgG has no other meaning: an
# antibody called mouse IgM may bind immunoglobulins of a mouse. And IgG alone is what binds those of the patient.
_HOST = r"(mouse|ms|rat|rt|((armenian|syrian)[ _.-]?)?(hamster|hmr)|rabbit|rb|goat|gt|sheep|donkey)"
_CLASS = r"Ig[ADEGM]\d?[abc]?"
_CHAIN = r"([ _,.-]{0,2}(k|kappa|κ|lambda|λ))?"
ISOTYPES = {
    "Visium, CosMx": (rf"{_HOST}[ _.-]*IgG\d?[abc]?{_CHAIN}",),
    "CITE-seq": (rf"(.*[ _.-])?{_CLASS}{_CHAIN}[ _,.-]+(ctrl|control)s?([ _.-].*)?", r".*isotype.*"),
}
"""The same of antibodies that bind nothing in the tissue."""

# io puts the modality in front of a name that two modalities have, and numbers names that repeat.
_WRAPPED = r"(?:[^:]+:)?(?:{})(?:[-.]\d+)*"


def is_control(var: pd.DataFrame) -> np.ndarray:
    """Which features are controls: booleans, (n_features,).

    ``var["control"]`` decides where it has a value. Else controls are antibodies that ``var["isotype_control"]`` flags,
    features whose ``var["feature_types"]`` is in :data:`TYPES`, and features named as in :data:`NAMES` and :data:`ISOTYPES`.
    A name does not make an antibody a control that ``var["isotype_control"]`` says is none.
    """
    found = _typed(var) | _named(var.index, NAMES) | is_isotype(var)
    return decided(var, _keys.CONTROL, found)


def is_isotype(var: pd.DataFrame) -> np.ndarray:
    """Which features are antibodies that bind nothing in the tissue: booleans, (n_features,)."""
    return decided(var, _keys.ISOTYPE_CONTROL, _named(var.index, ISOTYPES))


def is_control_type(feature_type: str) -> bool:
    """Whether a value of ``var["feature_types"]`` is that of controls."""
    return feature_type.strip().lower() in {name.lower() for names in TYPES.values() for name in names}


def _typed(var: pd.DataFrame) -> np.ndarray:
    if _keys.FEATURE_TYPES not in var:
        return np.zeros(len(var), dtype=bool)
    types = var[_keys.FEATURE_TYPES]
    controls = [one for one in types.dropna().unique() if is_control_type(str(one))]
    return np.asarray(types.isin(controls), dtype=bool)


def _named(names: Iterable[object], known: dict[str, tuple[str, ...]]) -> np.ndarray:
    pattern = re.compile(_WRAPPED.format("|".join(one for some in known.values() for one in some)), re.IGNORECASE)
    return np.array([pattern.fullmatch(str(name)) is not None for name in names], dtype=bool)


def decided(var: pd.DataFrame, key: str, found: np.ndarray) -> np.ndarray:
    """``found``, replaced by a column of flags where that has a value: booleans, or 1, 0, true and false as files write them."""
    if key not in var:
        return found
    text = var[key].astype(str).str.strip().str.lower()
    flags = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    given = text.map(flags)
    known = given.notna().to_numpy()
    return np.where(known, given.where(known, other=False).astype(bool).to_numpy(), found)
