"""What is known of whole sections: columns of ``obs`` that have one value in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._checks import check_column, is_number
from spamca._logging import logger
from spamca.groups import LEAST, Design, separable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from mudata import MuData


def section_values(mdata: MuData, argument: str, name: str, sections: Sequence[str], section: np.ndarray) -> pd.Series:
    """Value of a column in each section, (n_sections,), of section numbers (n_obs,).

    KeyError if there is no such column; ValueError, which names the section, if it has several values or none in one.
    """
    import pandas as pd

    values = check_column(mdata, argument, name).values
    codes, uniques = pd.factorize(values)
    first = np.empty(len(sections), dtype=np.int64)
    for s, called in enumerate(sections):
        found = np.unique(codes[section == s])
        if len(found) != 1 or found[0] < 0:
            held = [str(uniques[code]) if code >= 0 else "no value" for code in found[:4]]
            msg = (
                f"{argument}={name!r} must have one value in each section, section {called!r} has {', '.join(held)}; "
                "set it for whole sections, or name the column of the sections with library_key"
            )
            raise ValueError(msg)
        first[s] = np.flatnonzero(section == s)[0]
    return values.iloc[first].reset_index(drop=True)


def design_of(
    mdata: MuData,
    groupby: str,
    reference: str | int | None,
    donor_key: str | None,
    covariates: Sequence[str],
    sections: tuple[list[str], np.ndarray],
) -> tuple[Design, list[str], int]:
    """Groups, donors and covariates of the sections, names of the groups, and the number of the reference."""
    import pandas as pd

    values = section_values(mdata, "groupby", groupby, *sections)
    categories = pd.Categorical(values).remove_unused_categories()
    names = [str(name) for name in categories.categories]
    if len(names) < 2:
        msg = (
            f"groupby={groupby!r} has one group, {names[0]!r}, in {len(values)} sections; at least 2 groups are needed"
        )
        raise ValueError(msg)
    if reference is not None and str(reference) not in names:
        msg = f"reference={reference!r} is not a group of {groupby!r}, which has {names}"
        raise ValueError(msg)
    donor = None if donor_key is None else pd.factorize(section_values(mdata, "donor_key", donor_key, *sections))[0]
    known = [_numbers(section_values(mdata, "covariates", name, *sections)) for name in covariates]
    design = Design(categories.codes.astype(np.int64), donor, np.hstack(known) if known else None)
    at = 0 if reference is None else names.index(str(reference))
    if not separable(design, at):
        msg = (
            f"groupby={groupby!r} cannot be separated from covariates={list(covariates)!r}: a group and a covariate say the same of "
            "the sections; leave that covariate out, if it is not what the groups differ in"
        )
        raise ValueError(msg)
    return design, names, at


def _numbers(values: pd.Series) -> np.ndarray:
    """A covariate as columns of numbers, (n_sections, n_columns): as it is, or an indicator of each category but the first."""
    import pandas as pd

    if is_number(values):
        return values.to_numpy(dtype=np.float64)[:, None]
    codes = pd.Categorical(values).codes
    return (codes[:, None] == np.arange(1, codes.max() + 1)).astype(np.float64)


def choose_test(test: str | None, design: Design) -> str:
    """The test asked for, if the design allows it (ValueError), else one that does."""
    needs = (
        "covariates"
        if design.covariates is not None
        else "donors of which some have sections of one group and some of two"
    )
    unfit = design.covariates is not None or design.kind == "mixed"
    if test is None:
        return "mixed" if unfit else "permutation"
    if unfit and test != "mixed":
        msg = f"test={test!r} cannot take {needs}; leave test out, or pass test='mixed'"
        raise ValueError(msg)
    return test


def tell(design: Design, names: Sequence[str], reference: int, least: Any) -> None:
    """Log where a contrast has no p-value, or none below 0.05, and why; ``least`` has the smallest p of each group, NaN for none."""
    unit = "sections" if design.donor is None else "donors"
    for group, p in least.items():
        k = names.index(group)
        pair = f"{names[k]!r} against {names[reference]!r} ({design.units(k)} and {design.units(reference)} {unit})"
        if min(design.units(k), design.units(reference)) < LEAST:
            why = f"at least {LEAST} {unit} in each group are needed to see how much {unit} differ without a cause"
            logger.warning("compare: effects without p-values for %s: %s", pair, why)
        elif not np.isfinite(p):
            logger.warning("compare: no p-values for %s: too few sections for groups, covariates and donors", pair)
        elif p > 0.05:
            why = "they can be arranged in too few ways; take more of them, or test='t', which assumes a normal distribution"
            logger.warning("compare: no p-value of %s can be below %.2g: %s", pair, p, why)
