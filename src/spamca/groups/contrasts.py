"""One group of sections against another: effect, interval and p-value of every value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spamca.groups.design import LEAST, Design, donor_means
from spamca.groups.mixed import mixed_test
from spamca.groups.permutation import paired, permutation_test, welch

TESTS = ("permutation", "t", "mixed")
LEVEL = 0.95
"""Of intervals."""


@dataclass(frozen=True)
class Contrast:
    """Group against reference, for each of n_tests values; NaN where there is nothing to compare or too little to test.

    ``means`` and ``sizes`` (2, n_tests) are of group and reference, sizes in sections; ``interval`` (2, n_tests) has both ends.
    """

    means: np.ndarray
    sizes: np.ndarray
    effect: np.ndarray
    interval: np.ndarray
    p_value: np.ndarray
    p_least: np.ndarray


def contrast(
    values: np.ndarray,
    design: Design,
    group: int,
    reference: int,
    *,
    test: str = "permutation",
    n_permutations: int = 10_000,
    random_state: int = 0,
) -> Contrast:
    """Compare a group with the reference.

    Parameters
    ----------
    values
        Values of the sections, (S, n_tests); a section with NaN does not take part in that test.
    design
        Groups, donors and covariates of the sections.
    group, reference
        Numbers of the groups.
    test
        ``"permutation"``; ``"t"``, Welch's of sections or donors, or the paired one within donors; or ``"mixed"``.
    n_permutations, random_state
        Most arrangements, and seed where there are more.
    """
    n_tests = values.shape[1]
    out = {name: np.full(n_tests, np.nan) for name in ("effect", "p_value", "p_least")}
    means, sizes, interval = (
        np.full((2, n_tests), np.nan),
        np.zeros((2, n_tests), dtype=int),
        np.full((2, n_tests), np.nan),
    )
    known = np.isfinite(values)
    patterns, pattern = np.unique(known, axis=1, return_inverse=True)
    for p, kept in enumerate(patterns.T):
        tests = np.flatnonzero(pattern.ravel() == p)
        own, some = design.take(kept), values[kept][:, tests]
        for side, number in enumerate((group, reference)):
            sizes[side, tests] = (own.group == number).sum()
            if sizes[side, tests[0]]:
                means[side, tests] = some[own.group == number].mean(axis=0)
        if not sizes[:, tests].all():
            continue
        rng = np.random.default_rng(random_state)
        found = _compare(some, own, group, reference, test, n_permutations, rng)
        out["effect"][tests], interval[:, tests], out["p_value"][tests], out["p_least"][tests] = found
    return Contrast(means, sizes, interval=interval, **out)


def _compare(
    values: np.ndarray,
    design: Design,
    group: int,
    reference: int,
    test: str,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Effect, interval, p-value and the smallest one possible, where all values are finite."""
    nothing = np.full(values.shape[1], np.nan)
    enough = min(design.units(group), design.units(reference)) >= LEAST
    if test == "mixed":
        effect, error, freedom = mixed_test(values, design, group, reference)
        if not enough or freedom < 1:
            return effect, np.stack([nothing, nothing]), nothing, np.nan
        return effect, *_t(effect, error, np.full_like(effect, freedom)), 0.0
    pair = np.isin(design.group, (group, reference))
    values, design = values[pair], design.take(pair)
    design = Design((design.group == group).astype(np.int64), design.donor)
    if (
        design.kind == "mixed" and design.donor is not None
    ):  # only donors with both say something about the difference within
        both = np.isin(design.donor, np.intersect1d(*(design.donor[design.group == g] for g in (0, 1))))
        values, design = values[both], design.take(both)
        enough = design.units(1) >= LEAST
    within = design.kind == "within"
    at, of = (values, design) if within else donor_means(values, design)
    blocks = np.zeros(len(of.group)) if of.donor is None else of.donor
    effect, error, freedom = (
        part[0] for part in (paired if within else welch)(at - at.mean(axis=0), of.group[None] == 1, blocks)
    )
    if not enough:
        return effect, np.stack([nothing, nothing]), nothing, np.nan
    interval, p_value = _t(effect, error, freedom)
    if test == "t":
        return effect, interval, p_value, 0.0
    return effect, interval, *permutation_test(values, design, n_permutations, rng)


def _t(effect: np.ndarray, error: np.ndarray, freedom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interval (2, n_tests) and two-sided p-value (n_tests,) of an effect by the t distribution."""
    from scipy import stats

    half = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(effect) / error
    return np.stack([effect - half, effect + half]), np.where(error > 0, 2 * stats.t.sf(t, freedom), np.nan)
