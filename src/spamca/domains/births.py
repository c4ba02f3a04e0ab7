"""Domains of a tissue that the tissue of the model did not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spamca.domains.evidence import Evidence
from spamca.domains.field import LONG, SHORT, Field
from spamca.domains.halves import halved, halving
from spamca.domains.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spamca.domains.components import Components
    from spamca.domains.gaussians import Gaussians

_TRIED = 3


class Split(NamedTuple):
    """An assignment (n, K + 1), its gain in prediction over that of K domains, in nats over all spots, and the domain that was halved."""

    assignment: np.ndarray
    gain: float
    domain: int


class Births:
    r"""Split domains as long as the gain in prediction exceeds the cost of another domain.

    Each domain is halved by its components, and either half made a domain of its own. Those of highest objective are relaxed, and the
    best is kept if it predicts the features of spots from the domains of their neighbours so much better
    (:math:`n \, \Delta E` of :class:`~spamca.domains.evidence.Evidence`) that the gain exceeds the cost of a domain and

    .. math:: g \, \max(n, n_0) \cdot \mathtt{split\_margin},

    with g the most that a split would have gained per spot in the :math:`n_0` spots of the first tissue, which the chosen number of
    domains left out. The objective of the field has to rise, too.
    ``known`` are the first domains as they were, one for each block: if one is split, the part nearer to it keeps its number.
    """

    def __init__(self, field: Field, known: Sequence[Gaussians] = ()) -> None:
        self._field, self._known = field, known
        self._evidence = Evidence(field, np.random.default_rng(0))
        self._halves = halving(field.components)

    def run(self, assignment: np.ndarray, spare: float, n_first: int) -> np.ndarray:
        """Split domains of an assignment (n, K): float32 of shape (n, K + new domains).

        ``spare`` is the most that a split would have gained in the first tissue, of ``n_first`` spots, in nats per spot.
        """
        n, settings = len(assignment), self._field.components.settings
        for _ in range(settings.max_new):
            split = self.best(assignment)
            least = max(settings.split_margin * spare * max(n, n_first), n * self._evidence.cost(*_hard(assignment)))
            if split is None or split.gain <= least or self._height(split.assignment) <= self._height(assignment):
                break
            assignment = self._named(split)
        return assignment

    def best(self, assignment: np.ndarray) -> Split | None:
        """The best assignment with one domain more; None if no domain can be halved."""
        member = np.eye(assignment.shape[1] + 1, dtype=np.float32)
        height = self._field.objective
        ranked = sorted(self._proposed(assignment), key=lambda own: -height(own[1], assignment.shape[1] + 1))[:_TRIED]
        tried = [(domain, self._field.relax_own(member[part], SHORT)) for domain, *parts in ranked for part in parts]
        if not tried:
            return None
        domain, found = max(tried, key=lambda one: self._height(one[1]))
        found = self._field.relax_own(found, LONG)
        return Split(found, self._predicted(found) - self._predicted(assignment), domain)

    def most(self, assignment: np.ndarray) -> float:
        """The largest gain of any split, in nats over all spots; zero where none gains."""
        member = np.eye(assignment.shape[1] + 1, dtype=np.float32)
        before, gain = self._predicted(assignment), 0.0
        for _, part, _ in self._proposed(assignment):
            gain = max(gain, self._predicted(self._field.relax_own(member[part], SHORT)) - before)
        return gain

    def _named(self, split: Split) -> np.ndarray:
        """The assignment of a split, with the new part last: relaxing may have given the old number to the new part."""
        new, old = split.assignment.shape[1] - 1, split.domain
        if not self._known or old >= len(self._known[0].means):
            return split.assignment
        squared = self._field.emission.squared_distances(self._known)
        apart = sum(block.weight * own[old] for block, own in zip(self._field.blocks, squared, strict=True))
        parts = split.assignment[:, [old, new]]
        kept, left = apart @ parts / np.maximum(parts.sum(axis=0), 1)
        if kept <= left:
            return split.assignment
        order = np.arange(new + 1)
        order[[old, new]] = new, old
        return self._field.relax_own(split.assignment[:, order], LONG)

    def _proposed(self, assignment: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Domains that can be halved, and two partitions in which one half or the other is the last domain."""
        partition, n_domains = _hard(assignment)
        for domain in range(n_domains):
            parts = halved(partition, domain, self._halves)
            if parts is None:
                continue
            pair = partition.copy(), partition.copy()
            for out, leaving in zip(pair, reversed(parts), strict=True):
                out[leaving] = n_domains
            yield domain, *pair

    def _height(self, assignment: np.ndarray) -> float:
        return self._field.objective(*_hard(assignment))

    def _predicted(self, assignment: np.ndarray) -> float:
        return float(self._evidence.gains(*_hard(assignment)).sum())


def spare_gain(components: Components, assignment: np.ndarray) -> float:
    """The most that a split of domains (n, K) would gain, in nats per spot, in the tissue where they were found."""
    if components.n_spots > components.settings.n_searched:
        spots = components.graph.patches(components.settings.n_searched, np.random.default_rng(0))
        components, assignment = components.take(spots), assignment[spots]
    with fitting_threads(components.n_spots):
        return Births(Field(components)).most(assignment) / components.n_spots


def _hard(assignment: np.ndarray) -> tuple[np.ndarray, int]:
    """Partition (n,) and number of domains of an assignment (n, K)."""
    return assignment.argmax(axis=1), assignment.shape[1]
