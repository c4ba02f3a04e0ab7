"""Search for the partition of highest objective: many starts, then domains merged and split."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from spamca.cluster.agreement import pairwise_rand
from spamca.guide.halves import halved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spamca.guide.field import Field

N_STARTED = 32
"""Starts of highest objective that are followed at all: what becomes the best is seldom beyond the first dozen."""

N_FINALISTS = 6
"""Distinct partitions that are followed to the end."""

N_LINES = 2
"""How many of them are then improved by merging and splitting, each by itself, at most."""

WITHIN = 0.05
"""Nats per spot within which of the best a partition is worth improving too: more is seldom made up for."""

N_ROUNDS = 10
"""Largest number of rounds of merging and splitting."""

SAME = 0.97
"""Agreement from which two partitions count as one."""

_FIRST, _SHORT, _LONG, _TOL = 5, 5, 40, 5e-4
_TRIED_MERGES, _TRIED_SPLITS, _TRIED, _FOLLOWED = 6, 3, 12, 2
_AT_ONCE = 48  # domains relaxed side by side: their assignments stay in the processor's cache
_COMPARED = 2_000  # spots that tell whether partitions agree
_LEAST_GAIN = 1e-3  # nats per spot that a round is worth


@dataclass(frozen=True)
class Candidate:
    """What the field relaxed to: an assignment (n, K), its partition, integers of shape (n,), and their objective."""

    assignment: np.ndarray
    partition: np.ndarray
    score: float


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
    Assignment (n, K), float32, rows summing to one.
    """
    begun = _promising(field, list(starts), n_domains)
    lines = _best(field, _from_partitions(field, begun, n_domains, _FIRST), N_FINALISTS, N_LINES)
    lines = [line for line in lines if line.score > lines[0].score - WITHIN]
    if n_domains > 2:
        lines = [_improved(field, line, split) for line in lines]
    return max(lines, key=lambda line: line.score).assignment


def _promising(field: Field, starts: list[np.ndarray], n_domains: int) -> list[np.ndarray]:
    score = field.objectives(starts, n_domains)
    return [starts[i] for i in np.argsort(-score, kind="stable")[:N_STARTED]]


def _improved(field: Field, line: Candidate, split: Callable[[np.ndarray], np.ndarray]) -> Candidate:
    n_domains = line.assignment.shape[1]
    for _ in range(N_ROUNDS):
        moved = _from_partitions(field, _moves(field, line, split), n_domains, _SHORT)
        found = _best(field, moved, _FOLLOWED, 1)
        if not found or found[0].score <= line.score + _LEAST_GAIN:
            break
        line = found[0]
    return line


def _from_partitions(field: Field, partitions: Sequence[np.ndarray], n_domains: int, n_steps: int) -> list[Candidate]:
    member = np.eye(n_domains, dtype=np.float32)
    return _relaxed(field, [member[partition] for partition in partitions], n_steps)


def _best(field: Field, candidates: list[Candidate], n_followed: int, n: int) -> list[Candidate]:
    """The n distinct ones of highest objective, of those that are best after a few steps and are followed to the end."""
    followed = [candidate.assignment for candidate in _distinct(candidates, n_followed)]
    return _distinct(_relaxed(field, followed, _LONG), n)


def _relaxed(field: Field, assignments: Sequence[np.ndarray], n_steps: int) -> list[Candidate]:
    out = []
    size = max(1, _AT_ONCE // assignments[0].shape[1]) if assignments else 1
    for begin in range(0, len(assignments), size):
        relaxed = field.relax(np.stack(assignments[begin : begin + size], axis=2), n_steps, tol=_TOL)
        relaxed = np.ascontiguousarray(relaxed.transpose(2, 0, 1))
        partitions = relaxed.argmax(axis=2)
        scores = field.objectives(partitions, relaxed.shape[2])
        out += [Candidate(*one) for one in zip(relaxed, partitions, scores.tolist(), strict=True)]
    return out


def _distinct(candidates: list[Candidate], n: int) -> list[Candidate]:
    """The n of highest objective, no two of which agree."""
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    if n == 1 or not ranked:
        return ranked[:n]
    step = -(-len(ranked[0].partition) // _COMPARED)
    agreement = pairwise_rand(np.array([candidate.partition[::step] for candidate in ranked]))
    kept: list[int] = []
    for i in range(len(ranked)):
        if len(kept) < n and (agreement[i, kept] < SAME).all():
            kept.append(i)
    return [ranked[i] for i in kept]


def _moves(field: Field, line: Candidate, split: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    """Partitions in which two domains are merged that can best be, and another is split that can best be.

    What a merger costs and what a split gains is taken to add up, unless it is the merged domain that is split anew.
    """
    partition, n_domains = line.partition, line.assignment.shape[1]
    loss = field.cost_of_merging(partition, n_domains)
    pairs = sorted(combinations(range(n_domains), 2), key=lambda pair: loss[pair])[:_TRIED_MERGES]

    def parted_at(partition: np.ndarray, part: int, new: int) -> np.ndarray | None:
        found = halved(partition, part, split)
        if found is None:
            return None
        out = partition.copy()
        out[found[1]] = new
        return out

    def scored(partitions: dict) -> dict:
        return dict(zip(partitions, field.objectives(list(partitions.values()), n_domains + 1).tolist(), strict=True))

    parted = {part: parted_at(partition, part, n_domains) for part in range(n_domains)}
    parted = {part: other for part, other in parted.items() if other is not None}
    merged = {(a, b): np.where(partition == b, a, partition) for a, b in pairs}
    anew = {(a, b): parted_at(merged[a, b], a, b) for a, b in pairs}
    anew = {pair: other for pair, other in anew.items() if other is not None}
    gained, rest, found = scored(parted), scored(merged), scored(anew)
    moves = []
    for pair in pairs:
        own = [(found[pair], anew[pair])] if pair in anew else []
        for part, other in parted.items():
            if part not in pair:
                score = rest[pair] + gained[part] - line.score
                own.append((score, np.where(other == n_domains, pair[1], merged[pair])))
        moves += sorted(own, key=lambda move: -move[0])[:_TRIED_SPLITS]
    return [move for _, move in sorted(moves, key=lambda move: -move[0])[:_TRIED]]
