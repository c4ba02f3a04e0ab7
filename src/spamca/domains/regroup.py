"""Regrouping of domains of one section, which a search over all sections at once cannot reach."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.field import LONG
from spamca.domains.halves import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.domains.halves import Split
    from spamca.domains.sectioned import Sectioned

N_ROUNDS = 5
"""Most times that a domain of a section is regrouped."""

_FOLLOWED, _SHORT = 6, 20
_LEAST_GAIN = 1e-3  # in nats per spot, for a round to count


def regroup(sectioned: Sectioned, assignment: np.ndarray, split: Split) -> np.ndarray:
    """Let a domain of one section, or half of it, join another domain, as long as the objective rises.

    A section that lacks a modality may see two domains as one, and miss the second. No merger or split of whole domains mends that.

    Returns an assignment (n, K), of no lower objective than the given one.
    """
    field, n_domains = sectioned.field, assignment.shape[1]
    member = np.eye(n_domains, dtype=np.float32)
    score = field.objective(assignment.argmax(axis=1), n_domains)
    for _ in range(N_ROUNDS):
        moves = enumerate(_moves(sectioned.sections, assignment.argmax(axis=1), n_domains, split))
        ranked = nlargest(_FOLLOWED, ((field.objective(moved, n_domains), -i, moved) for i, moved in moves))
        relaxed = [field.relax_own(member[moved], _SHORT) for *_, moved in ranked]
        if not relaxed:
            break
        found = max(relaxed, key=lambda own: field.objective(own.argmax(axis=1), n_domains))
        found = field.relax_own(found, LONG)
        now = field.objective(found.argmax(axis=1), n_domains)
        if now <= score + _LEAST_GAIN:
            break
        score, assignment = now, found
    return assignment


def _moves(sections: np.ndarray, partition: np.ndarray, n_domains: int, split: Split) -> Iterator[np.ndarray]:
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
