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

N_ROUNDS = 10
"""Largest number of rounds of merging and splitting."""

SAME = 0.97
"""Agreement from which two partitions count as one."""

_SHORT, _LONG, _TRIED_MERGES, _TRIED_SPLITS, _FOLLOWED = 5, 40, 10, 3, 6


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
    one_hot = np.eye(n_domains)
    tried = np.array([field.relax(one_hot[start], _SHORT).argmax(axis=1) for start in starts])
    score = np.array([field.objective(partition, n_domains) for partition in tried])
    found, best = _best(field, [tried[i] for i in _distinct(tried, score)], n_domains, _LONG)
    for _ in range(N_ROUNDS if n_domains > 2 else 0):
        moved = [field.relax(one_hot[p], 2 * _SHORT).argmax(axis=1) for p in _moves(field, found, n_domains, split)]
        if not moved:
            break
        score = [field.objective(partition, n_domains) for partition in moved]
        moved = [moved[i] for i in np.argsort(score)[::-1][:_FOLLOWED]]
        other, reached = _best(field, moved, n_domains, _LONG)
        if reached <= best + 1e-4:
            break
        found, best = other, reached
    return found


def _distinct(partitions: np.ndarray, score: np.ndarray) -> list[int]:
    agreement = pairwise_rand(partitions)
    kept: list[int] = []
    for i in np.argsort(-score, kind="stable"):
        if len(kept) < N_FINALISTS and (agreement[i, kept] < SAME).all():
            kept.append(int(i))
    return kept


def _best(field: Field, partitions: list[np.ndarray], n_domains: int, n_steps: int) -> tuple[np.ndarray, float]:
    relaxed = [field.relax(np.eye(n_domains)[partition], n_steps) for partition in partitions]
    score = [field.objective(assignment.argmax(axis=1), n_domains) for assignment in relaxed]
    return relaxed[int(np.argmax(score))], float(np.max(score))


def _moves(
    field: Field, assignment: np.ndarray, n_domains: int, split: Callable[[np.ndarray], np.ndarray]
) -> list[np.ndarray]:
    """Partitions in which two domains are merged that can best be, and another is split that can best be."""
    partition = assignment.argmax(axis=1)
    merged = [np.where(partition == b, a, partition) for a, b in combinations(range(n_domains), 2)]
    freed = [b for _, b in combinations(range(n_domains), 2)]
    order = np.argsort([field.objective(p, n_domains) for p in merged])[::-1][:_TRIED_MERGES]
    out = []
    for i in order:
        halves = []
        for k in np.unique(merged[i]):
            spots = np.flatnonzero(merged[i] == k)
            if len(spots) < 10:
                continue
            parted = merged[i].copy()
            parted[spots[split(spots)]] = freed[i]
            halves.append(parted)
        score = [field.objective(p, n_domains) for p in halves]
        out += [halves[j] for j in np.argsort(score)[::-1][:_TRIED_SPLITS]]
    return out
