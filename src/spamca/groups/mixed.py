r"""Linear mixed models of sections, for several sections of a donor, covariates and any number of groups.

.. math:: v_s = \beta_0 + \beta_{g(s)} + x_s^\top \gamma + u_{d(s)} + \epsilon_s, \qquad u \sim N(0, \tau^2), \quad \epsilon \sim N(0, \sigma^2)

with groups g, covariates x and donors d (Laird and Ware 1982, doi:10.2307/2529876), fitted by statsmodels with restricted maximum
likelihood; by least squares where each section is a donor. The t distribution has the degrees of freedom of the stratum that a
contrast is in: donors less what is estimated between them, or sections less donors and what is estimated within them
(containment).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spamca.groups.design import Design


def mixed_test(values: np.ndarray, design: Design, group: int, reference: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Effect of a group against the reference, its standard error, both (n_tests,), and degrees of freedom.

    ``values`` (S, n_tests) are those of the sections of all groups, all finite. Degrees of freedom below 1 say that the model
    cannot be estimated.
    """
    x, place = matrix(design, reference)
    effect, error = np.full((2, values.shape[1]), np.nan)
    freedom = degrees_of_freedom(x, place[group], design.donor)
    if freedom < 1:
        return effect, error, freedom
    for j, column in enumerate(values.T):
        effect[j], error[j] = _fit(column, x, design.donor, place[group])
    return effect, error, freedom


def matrix(design: Design, reference: int) -> tuple[np.ndarray, dict[int, int]]:
    """Matrix of the fixed effects (S, n_effects), and the column of each group but the reference."""
    others = [int(group) for group in np.unique(design.group) if group != reference]
    columns = [np.ones(len(design.group)), *((design.group == group).astype(np.float64) for group in others)]
    if design.covariates is not None:
        centred = design.covariates - design.covariates.mean(axis=0)
        columns.extend(centred.T[np.ptp(centred, axis=0) > 0])
    return np.column_stack(columns), {group: 1 + i for i, group in enumerate(others)}


def separable(design: Design, reference: int) -> bool:
    """Whether covariates leave each group a difference from the reference of its own."""
    x, place = matrix(design, reference)
    rank = np.linalg.matrix_rank
    return all(rank(x) > rank(np.delete(x, column, axis=1)) for column in place.values())


def degrees_of_freedom(x: np.ndarray, column: int, donor: np.ndarray | None) -> int:
    """Degrees of freedom for one column of the fixed effects (S, n_effects); 0 where it cannot be separated from the others."""
    rank = np.linalg.matrix_rank
    if rank(x) == rank(np.delete(x, column, axis=1)):
        return 0
    if donor is None:
        return len(x) - int(rank(x))
    of_donor = (donor[:, None] == np.unique(donor)).astype(np.float64)
    means = of_donor.T @ x / of_donor.sum(axis=0)[:, None]
    between = np.isclose(of_donor @ means, x).all(axis=0)
    if between[column]:
        return len(means) - int(rank(means[:, between]))
    return len(x) - int(rank(np.column_stack([of_donor, x])))


def _fit(values: np.ndarray, x: np.ndarray, donor: np.ndarray | None, column: int) -> tuple[float, float]:
    """Estimate and standard error of one column."""
    import statsmodels.api as sm

    if donor is not None and np.ptp(values) > 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a variance of zero between donors is an answer
            try:
                fit = sm.MixedLM(values, x, groups=donor).fit(reml=True, method=["bfgs", "lbfgs", "cg"])
            except np.linalg.LinAlgError:
                fit = None
        if fit is not None and np.isfinite(fit.bse_fe[column]):
            return float(fit.fe_params[column]), float(fit.bse_fe[column])
    fit = sm.OLS(values, x).fit()
    return float(fit.params[column]), float(fit.bse[column])
