"""Domains that a tissue shows beyond those that it is read with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spamca.guide.evidence import Evidence
from spamca.guide.halves import halved
from spamca.guide.searched import halving, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.field import Field
    from spamca.guide.relaxation import Gaussians, Relaxation

MARGIN = 1.5
"""How far a domain that is new has to outdo the best that could still have been split in the first tissue."""

MOST = 10
"""Largest number of new domains."""

_TRIED, _SHORT, _LONG, _TOL = 3, 10, 60, 1e-4


class Split(NamedTuple):
    """An assignment (n, K + 1), what it predicts beyond the one of K domains, in nats over all spots, and the domain that was halved."""

    assignment: np.ndarray
    gain: float
    domain: int


class Births:
    r"""Split domains as long as what that predicts is worth another domain.

    Each domain is halved by its components, and either half made a domain of its own; those of highest objective are relaxed, and the
    best of them is kept if the domains of its neighbours then predict the features of a spot so much better
    (:math:`n \, \Delta E` of :class:`~spamca.guide.evidence.Evidence`) that it exceeds what a domain costs there and

    .. math:: g \, \max(n, n_0) \cdot \mathrm{MARGIN},

    with g the most that a split would still have gained per spot in the :math:`n_0` spots of the tissue that the domains were found in:
    whoever chose their number did not want that one. The objective of the field has to rise, too.

    Parameters
    ----------
    field
        The field of the tissue, of at least one modality.
    relaxation
        How it relaxes, with a covariance for each domain.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    known
        What the first domains were, one for each block: of the two parts of one of them, the part that is nearer to that keeps its number.
    """

    def __init__(
        self, field: Field, relaxation: Relaxation, adjacency: csr_matrix, known: Sequence[Gaussians] = ()
    ) -> None:
        self._field, self._relaxation, self._known = field, relaxation, known
        self._evidence = Evidence(field, adjacency, np.random.default_rng(0))
        self._halves = halving(joined(field.blocks, adjacency), adjacency)

    def run(self, assignment: np.ndarray, spare: float, n_first: int) -> np.ndarray:
        """Split domains of an assignment (n, K) while it is worth it.

        Parameters
        ----------
        assignment
            Where to start.
        spare
            The most that a split would have gained in the first tissue, in nats per spot.
        n_first
            Spots of the first tissue.

        Returns
        -------
        Assignment (n, K + new domains), float32.
        """
        n = len(assignment)
        for _ in range(MOST):
            split = self.best(assignment)
            worth = max(MARGIN * spare * max(n, n_first), n * self._cost(assignment))
            if split is None or split.gain <= worth or self._height(split.assignment) <= self._height(assignment):
                break
            assignment = self._named(split)
        return assignment

    def best(self, assignment: np.ndarray) -> Split | None:
        """The best assignment in which one domain more is split off; None where no domain can be halved."""
        member = np.eye(assignment.shape[1] + 1, dtype=np.float32)
        height = self._field.objective
        ranked = sorted(self._proposed(assignment), key=lambda own: -height(own[1], assignment.shape[1] + 1))[:_TRIED]
        tried = [
            (domain, self._relaxation.run_own(member[part], _SHORT, _TOL))
            for domain, *parts in ranked
            for part in parts
        ]
        if not tried:
            return None
        domain, found = max(tried, key=lambda one: self._height(one[1]))
        found = self._relaxation.run_own(found, _LONG, _TOL)
        return Split(found, self._predicted(found) - self._predicted(assignment), domain)

    def most(self, assignment: np.ndarray) -> float:
        """The largest gain of any split, in nats over all spots; zero where none gains."""
        member = np.eye(assignment.shape[1] + 1, dtype=np.float32)
        before, gain = self._predicted(assignment), 0.0
        for _, part, _ in self._proposed(assignment):
            gain = max(gain, self._predicted(self._relaxation.run_own(member[part], _SHORT, _TOL)) - before)
        return gain

    def _named(self, split: Split) -> np.ndarray:
        """The assignment of a split, in which the part that is new is the last: the larger one may have drawn the domain to itself."""
        new, old = split.assignment.shape[1] - 1, split.domain
        if not self._known or old >= len(self._known[0].means):
            return split.assignment
        squared = self._relaxation.squared_distances(self._known)
        apart = sum(block.weight * own[old] for block, own in zip(self._field.blocks, squared, strict=True))
        parts = split.assignment[:, [old, new]]
        kept, left = apart @ parts / np.maximum(parts.sum(axis=0), 1)
        if kept <= left:
            return split.assignment
        order = np.arange(new + 1)
        order[[old, new]] = new, old
        return self._relaxation.run_own(split.assignment[:, order], _LONG, _TOL)

    def _proposed(self, assignment: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Domains that can be halved, and two partitions in which one half or the other is a domain of its own, the last."""
        partition, n_domains = assignment.argmax(axis=1), assignment.shape[1]
        for domain in range(n_domains):
            parts = halved(partition, domain, self._halves)
            if parts is None:
                continue
            pair = partition.copy(), partition.copy()
            for out, leaving in zip(pair, reversed(parts), strict=True):
                out[leaving] = n_domains
            yield domain, *pair

    def _height(self, assignment: np.ndarray) -> float:
        return self._field.objective(assignment.argmax(axis=1), assignment.shape[1])

    def _predicted(self, assignment: np.ndarray) -> float:
        return float(self._evidence.gains(assignment.argmax(axis=1), assignment.shape[1]).sum())

    def _cost(self, assignment: np.ndarray) -> float:
        return self._evidence.cost(assignment.argmax(axis=1), assignment.shape[1])
