"""Comparisons of groups as a tidy table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca.groups.contrasts import contrast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spamca.groups.design import Design


def comparison(
    what: str,
    keys: Mapping[str, Sequence[str]],
    values: np.ndarray,
    shown: np.ndarray,
    design: Design,
    names: Sequence[str],
    reference: int,
    **options: Any,
) -> pd.DataFrame:
    """A row for each group but the reference and each value, with q-values over all rows of a group.

    Parameters
    ----------
    what
        What is compared, the first column.
    keys
        Columns that say which value it is, n_tests entries each.
    values, shown
        What is tested and what means are shown of, both (S, n_tests).
    design, names, reference
        Groups of the sections, their names, and the number of the reference.
    options
        Of :func:`spamca.groups.contrasts.contrast`.
    """
    tables = []
    for group in [number for number in range(len(names)) if number != reference]:
        found = contrast(values, design, group, reference, **options)
        pair = [mean_of(shown[design.group == number]) for number in (group, reference)]
        columns: dict[str, Any] = {"what": what, **{name: list(key) for name, key in keys.items()}}
        columns |= {"group": names[group], "reference": names[reference]}
        columns |= {
            "n_group": found.sizes[0],
            "n_reference": found.sizes[1],
            "mean_group": pair[0],
            "mean_reference": pair[1],
        }
        columns |= {"effect": found.effect, "ci_low": found.interval[0], "ci_high": found.interval[1]}
        columns |= {"p_value": found.p_value, "q_value": q_values(found.p_value), "p_least": found.p_least}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def q_values(p: np.ndarray) -> np.ndarray:
    """False discovery rates (Benjamini and Hochberg 1995) of p-values (n_tests,); those that are NaN do not count."""
    from scipy.stats import false_discovery_control

    known = np.isfinite(p)
    q = np.full(len(p), np.nan)
    q[known] = false_discovery_control(p[known]) if known.any() else []
    return q


def mean_of(values: np.ndarray) -> np.ndarray:
    """Means (n_tests,) over the sections of (S, n_tests) that are not NaN; NaN where all are."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)
