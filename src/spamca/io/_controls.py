"""Controls of the assay among the features of a MuData: flagged, counted, and kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger
from spamca.features.controls import is_control, is_control_type, is_isotype

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from anndata import AnnData


def flag_controls(mod: Mapping[str, AnnData], verb: str) -> None:
    """Write ``var["control"]`` of modalities that have any; log their numbers by type. ``verb`` is the caller."""
    found = []
    for name, modality in mod.items():
        flags = is_control(modality.var)
        if not flags.any():
            continue
        if _keys.CONTROL not in modality.var:  # one that is there is the user's
            modality.var[_keys.CONTROL] = flags
        counts = ", ".join(f"{n} {kind}" for kind, n in _kinds(modality.var, flags).items())
        found.append(f"{flags.sum()} of {name!r} ({counts})")
    if found:
        logger.info("%s: controls, flagged in var['control'] and not used by pp.prepare: %s", verb, "; ".join(found))


def _kinds(var: pd.DataFrame, flags: np.ndarray) -> Counter[str]:
    """Numbers of controls by type, the most frequent first."""
    types = map(str, var[_keys.FEATURE_TYPES]) if _keys.FEATURE_TYPES in var else [""] * len(var)
    kinds = [
        kind if is_control_type(kind) else "isotype" if isotype else "by name"
        for kind, isotype, flag in zip(types, is_isotype(var), flags, strict=True)
        if flag
    ]
    return Counter(dict(Counter(kinds).most_common()))
