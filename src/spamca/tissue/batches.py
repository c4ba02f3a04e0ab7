"""Sections of a tissue, and technical groups of them, as numbers of each spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks
from spamca._group import ALONE
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData

    from spamca._group import Group


def batch_numbers(
    mdata: MuData, caller: str, batch_key: str | Sequence[str] | None = None, group: Group = ALONE
) -> np.ndarray | None:
    """Technical group of each spot, integers (n_obs,): its section, or what columns of sections say; None where there is one.

    Sections are those of the column that the spatial graph was made with. Each combination of the values of several columns is a group. KeyError for a column that does not exist; ValueError where spots have
    no value, or a section has several: its spots are neighbours, and their effect cannot be told from a border of domains. Of several
    processes, groups of the same name are one.
    """
    given, batch_key = batch_key is not None, _checks.recorded_library_key(mdata) if batch_key is None else batch_key
    if batch_key is None:
        return None
    keys = [batch_key] if isinstance(batch_key, str) else list(batch_key)
    try:
        values = [_checks.check_library(mdata, key, "batch_key") for key in keys]
    except (KeyError, ValueError):
        if given:
            raise
        values = []
    if not all(group.gather(bool(values))):
        lost = "the spatial graph names sections by %r, which obs no longer holds for all spots; batch effects stay"
        logger.warning(f"%s: {lost}", caller, batch_key)
        return None
    codes, own = pd.MultiIndex.from_arrays(values).factorize()
    known = sorted(set().union(*group.gather(set(own))))
    groups = np.array([known.index(name) for name in own])[codes] if len(known) > 1 else None
    if not given or groups is None:
        return groups
    sections = sections_of(mdata)
    sections = np.zeros(mdata.n_obs, dtype=np.int64) if sections is None else sections
    pairs = np.unique(np.column_stack([sections, groups]), axis=0)
    if len(pairs) > len(np.unique(sections)):
        msg = (
            f"batch_key={batch_key!r} has several values within a section; name the sections that it groups, "
            "spamca.pp.neighbors(mdata, library_key=...), or leave it out"
        )
        raise ValueError(msg)
    return groups


def stored_batches(mdata: MuData, caller: str, params: Mapping[str, Any]) -> np.ndarray | None:
    """The same as :func:`spamca.tl.integrate` took them, by its stored ``params``; None where batch effects stayed."""
    if not params.get("batch_correction"):
        return None
    return batch_numbers(mdata, caller, params.get("batch_key"))


def sections_of(mdata: MuData) -> np.ndarray | None:
    """The same, of a single section too (zeros); None where the spatial graph names no column. KeyError or ValueError if it is lost."""
    library = _checks.check_library(mdata, _checks.recorded_library_key(mdata))
    return None if library is None else np.unique(library, return_inverse=True)[1]
