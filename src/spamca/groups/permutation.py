r"""Permutation tests of two groups.

.. math:: p = \frac{|\{\pi : |t^\pi| \ge |t|\}|}{|\{\pi\}|}

over all arrangements :math:`\pi` of the units into groups of the same sizes, the observed one among them, or over random ones, to which the
observed one is added (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). p is therefore never below one over the number of
arrangements; two-sided, with groups of one size, never below two over it. :math:`t` is that of Welch, so that groups with
different variances keep the level as they grow (Chung and Romano 2013, doi:10.1214/13-AOS1090); where each donor has sections of
both groups, sections are rearranged within donors, and :math:`t` is that of the donors' differences.
"""

from __future__ import annotations

from itertools import combinations, product
from math import comb, prod

import numpy as np

from spamca.groups.design import Design, donor_means

BLOCK = 2_000_000
"""Statistics computed at a time."""

ROUNDING = 1e-9
"""Relative difference below which two statistics are equal."""


def permutation_test(
    values: np.ndarray, design: Design, n_permutations: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """p-values (n_tests,) of values (S, n_tests) of sections of groups 0 and 1, all finite, and the smallest p possible.

    All arrangements are used where they are at most ``n_permutations``, else as many random ones.
    """
    within = design.kind == "within"
    values, design = (values, design) if within else donor_means(values, design)
    blocks = design.donor if within and design.donor is not None else np.zeros(len(design.group), dtype=np.int64)
    members = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    counts = [int(design.group[own].sum()) for own in members]
    total = prod(comb(len(own), count) for own, count in zip(members, counts, strict=True))
    exact = total <= n_permutations
    drawn = _all(members, counts) if exact else _random(design.group, members, n_permutations, rng)
    observed = np.abs(statistic(values, design.group[None] == 1, blocks))[0]
    reached = np.zeros(values.shape[1], dtype=np.int64)
    step = max(1, BLOCK // len(drawn))
    for start in range(0, values.shape[1], step):
        some = slice(start, start + step)
        t = np.abs(statistic(values[:, some], drawn, blocks))
        reached[some] = (t >= observed[some] * (1 - ROUNDING)).sum(axis=0)
    if not exact:
        return (reached + 1) / (n_permutations + 1), 1 / (n_permutations + 1)
    mirrored = all(2 * count == len(own) for own, count in zip(members, counts, strict=True))
    return reached / total, (2 if mirrored else 1) / total


def statistic(values: np.ndarray, in_group: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """T of group 1 against 0, (n_arrangements, n_tests), for values (S, n_tests) and arrangements, booleans (n_arrangements, S).

    With one block, of integers (S,), Welch's t of all units; with several the t of the blocks' differences of means.
    """
    # What is the same in all sections must not differ by rounding.
    same = np.ptp(values, axis=0) <= ROUNDING * np.abs(values).max(axis=0)
    values = np.where(same, 0.0, values - values.mean(axis=0))
    difference, error = (welch if blocks.max() == blocks.min() else paired)(values, in_group, blocks)[:2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(difference / error, nan=0.0, posinf=np.inf, neginf=-np.inf)


def welch(values: np.ndarray, in_group: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference of the means of two groups, its standard error and degrees of freedom by Welch, as for :func:`statistic`."""
    means, errors, sizes = [], [], []
    for member in (in_group.astype(np.float64), 1.0 - in_group):
        size = member.sum(axis=1, keepdims=True)
        mean = member @ values / size
        variance = np.maximum(member @ values**2 / size - mean**2, 0) * size / np.maximum(size - 1, 1)
        means.append(mean)
        errors.append(variance / size)
        sizes.append(size)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sum(error**2 / np.maximum(size - 1, 1) for error, size in zip(errors, sizes, strict=True))
        freedom = (errors[0] + errors[1]) ** 2 / spread
    return means[0] - means[1], np.sqrt(errors[0] + errors[1]), freedom


def paired(values: np.ndarray, in_group: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over blocks of the difference of two groups within them, its standard error and degrees of freedom."""
    n_blocks, shape = len(np.unique(blocks)), (len(in_group), values.shape[1])
    total, squares = np.zeros(shape), np.zeros(shape)
    for block in np.unique(blocks):
        own = blocks == block
        member = in_group[:, own].astype(np.float64)
        size = member.sum(axis=1, keepdims=True)
        difference = member @ values[own] / size - (1 - member) @ values[own] / (own.sum() - size)
        total, squares = total + difference, squares + difference**2
    mean = total / n_blocks
    variance = np.maximum(squares / n_blocks - mean**2, 0) * n_blocks / max(n_blocks - 1, 1)
    return mean, np.sqrt(variance / n_blocks), np.full_like(mean, n_blocks - 1)


def _all(members: list[np.ndarray], counts: list[int]) -> np.ndarray:
    """Every arrangement, booleans (n_arrangements, S)."""
    choices = [
        [np.asarray(chosen, dtype=np.int64) for chosen in combinations(own.tolist(), count)]
        for own, count in zip(members, counts, strict=True)
    ]
    positions = np.array([np.concatenate(chosen) for chosen in product(*choices)])
    out = np.zeros((len(positions), sum(map(len, members))), dtype=bool)
    np.put_along_axis(out, positions, values=True, axis=1)
    return out


def _random(group: np.ndarray, members: list[np.ndarray], n: int, rng: np.random.Generator) -> np.ndarray:
    """Random arrangements, booleans (n, S)."""
    out = np.zeros((n, len(group)), dtype=bool)
    for own in members:
        out[:, own] = rng.permuted(np.repeat(group[own][None] == 1, n, axis=0), axis=1)
    return out
