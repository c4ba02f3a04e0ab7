"""Domains of one section regrouped: what a search over all sections at once cannot reach."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.halves import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spamca.guide.sectioned import Sectioned

N_ROUNDS = 5
"""Largest number of times that a domain of a section is regrouped."""

_FOLLOWED = 6
_SHORT, _LONG = 20, 60
_LEAST_GAIN = 1e-3  # nats per spot that a round is worth


def regroup(sectioned: Sectioned, assignment: np.ndarray, split: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Let a domain of one section, or half of it, join another domain, as long as the objective rises.

    Two sections may split the same tissue differently: one that lacks a modality may see two domains as one, and what belongs to
    the second of them is then missed there. No merger or split of whole domains mends that.

    Parameters
    ----------
    sectioned
        The field of the sections.
    assignment
        Where to start, (n, K).
    split
        From positions of spots to booleans: which of them go to the second half.

    Returns
    -------
    Assignment (n, K), float32, of no lower objective.
    """
    field, n_domains = sectioned.field, assignment.shape[1]
    member = np.eye(n_domains, dtype=np.float32)
    score = field.objective(assignment.argmax(axis=1), n_domains)
    for _ in range(N_ROUNDS):
        moves = enumerate(_moves(sectioned.sections, assignment.argmax(axis=1), n_domains, split))
        ranked = nlargest(_FOLLOWED, ((field.objective(moved, n_domains), -i, moved) for i, moved in moves))
        relaxed = [field.relax(member[moved], _SHORT, own_covariance=True) for *_, moved in ranked]
        if not relaxed:
            break
        found = max(relaxed, key=lambda own: field.objective(own.argmax(axis=1), n_domains))
        found = field.relax(found, _LONG, own_covariance=True)
        now = field.objective(found.argmax(axis=1), n_domains)
        if now <= score + _LEAST_GAIN:
            break
        score, assignment = now, found
    return assignment


def _moves(
    sections: np.ndarray, partition: np.ndarray, n_domains: int, split: Callable[[np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    for section in range(int(sections.max()) + 1):
        for domain in range(n_domains):
            spots = np.flatnonzero((sections == section) & (partition == domain))
            if len(spots) < LEAST:
                continue
            second = split(spots)
            parts = [spots[half] for half in (second, ~second) if half.any()]
            for part in parts if len(parts) < 2 else [*parts, spots]:
                for other in range(n_domains):
                    if other != domain:
                        moved = partition.copy()
                        moved[part] = other
                        yield moved
