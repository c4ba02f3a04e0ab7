"""Search for the partition of highest objective: many starts, then domains merged and split."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import pairwise_rand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spamca.guide.field import Field

N_FINALISTS = 12
"""Distinct partitions that are followed to the end."""

N_LINES = 3
"""How many of them are then improved by merging and splitting, each by itself."""

N_ROUNDS = 10
"""Largest number of rounds of merging and splitting."""

SAME = 0.97
"""Agreement from which two partitions count as one."""

_SHORT, _LONG, _LEAST_SPLIT = 5, 40, 10
_TRIED_MERGES, _TRIED_SPLITS, _TRIED, _FOLLOWED = 10, 3, 12, 4


def search(
    field: Field,
    starts: Iterable[np.ndarray],
    n_domains: int,
    split: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Find an assignment of high objective.

    Parameters
    ----------
    field
        The field.
    starts
        Partitions, integers below ``n_domains`` of shape (n,).
    n_domains
        Number of domains K.
    split
        From positions of spots to booleans: which of them go to the second half.

    Returns
    -------
    Assignment (n, K), rows summing to one.
    """
    finalists = [field.relax(np.eye(n_domains)[start], _SHORT) for start in starts]
    lines = _best(field, _distinct(field, finalists, N_FINALISTS), N_LINES)
    if n_domains > 2:
        lines = [_improved(field, line, split) for line in lines]
    return _best(field, lines, 1)[0]


def _improved(field: Field, assignment: np.ndarray, split: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    best = _score(field, assignment)
    for _ in range(N_ROUNDS):
        moved = [field.relax(np.eye(assignment.shape[1])[p], _SHORT) for p in _moves(field, assignment, split)]
        found = _best(field, _distinct(field, moved, _FOLLOWED), 1)
        if not found or _score(field, found[0]) <= best + 1e-4:
            break
        assignment, best = found[0], _score(field, found[0])
    return assignment


def _score(field: Field, assignment: np.ndarray) -> float:
    return field.objective(assignment.argmax(axis=1), assignment.shape[1])


def _distinct(field: Field, assignments: list[np.ndarray], n: int) -> list[np.ndarray]:
    """The n of highest objective, no two of which agree."""
    if not assignments:
        return []
    score = np.array([_score(field, assignment) for assignment in assignments])
    agreement = pairwise_rand(np.array([assignment.argmax(axis=1) for assignment in assignments]))
    kept: list[int] = []
    for i in np.argsort(-score, kind="stable"):
        if len(kept) < n and (agreement[i, kept] < SAME).all():
            kept.append(int(i))
    return [assignments[i] for i in kept]


def _best(field: Field, assignments: list[np.ndarray], n: int) -> list[np.ndarray]:
    """The n distinct ones of highest objective, all followed to the end first."""
    return _distinct(field, [field.relax(assignment, _LONG) for assignment in assignments], n)


def _moves(field: Field, assignment: np.ndarray, split: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    """Partitions in which two domains are merged that can best be, and another is split that can best be."""
    partition, n_domains = assignment.argmax(axis=1), assignment.shape[1]
    pairs = list(combinations(range(n_domains), 2))
    loss = field.cost_of_merging(partition, n_domains)
    order = np.argsort([loss[pair] for pair in pairs], kind="stable")[:_TRIED_MERGES]
    second: dict[tuple[int, ...], np.ndarray] = {}  # halves that leave a domain, or two as one

    def halved(part: tuple[int, ...]) -> np.ndarray:
        if part not in second:
            spots = np.flatnonzero(np.isin(partition, part))
            second[part] = spots[split(spots)] if len(spots) >= _LEAST_SPLIT else spots[:0]
        return second[part]

    out, reached = [], []
    for a, b in (pairs[i] for i in order):
        parts = [(a, b), *((k,) for k in range(n_domains) if k not in (a, b))]
        candidates = []
        for part in parts:
            if len(leaving := halved(part)):
                moved = np.where(partition == b, a, partition)
                moved[leaving] = b
                candidates.append(moved)
        score = [field.objective(moved, n_domains) for moved in candidates]
        kept = np.argsort(score)[::-1][:_TRIED_SPLITS]
        out += [candidates[i] for i in kept]
        reached += [score[i] for i in kept]
    return [out[i] for i in np.argsort(reached)[::-1][:_TRIED]]
