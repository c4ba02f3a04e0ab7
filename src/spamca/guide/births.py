"""Domains that a tissue shows beyond those that it is read with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spamca.guide.evidence import Evidence
from spamca.guide.searched import halving, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_matrix

    from spamca.guide.field import Field
    from spamca.guide.relaxation import Relaxation

MARGIN = 1.5
"""How far a domain that is new has to outdo the best that could still have been split in the first tissue."""

MOST = 10
"""Largest number of new domains."""

_TRIED, _SHORT, _LONG, _TOL, _LEAST_SPLIT = 3, 10, 60, 1e-4, 10


class Split(NamedTuple):
    """An assignment (n, K + 1) and what it foretells beyond the one of K domains, in nats over all spots."""

    assignment: np.ndarray
    gain: float


class Births:
    r"""Split domains as long as what that foretells is worth another domain.

    Each domain is halved by its components, and the half that is further from what the domain is becomes a domain of its own; those of highest
    objective are relaxed, and the best of them is kept if the domains of its neighbours then foretell the features of a spot so much better
    (:math:`n \, \Delta E` of :class:`~spamca.guide.evidence.Evidence`) that it exceeds what a domain costs there and

    .. math:: g \, \max(n, n_0) \cdot \mathrm{MARGIN},

    with g what the best split would still have gained per spot in the :math:`n_0` spots of the tissue that the domains were found in:
    whoever chose their number did not want that one.

    Parameters
    ----------
    field
        The field of the tissue, of at least one modality.
    relaxation
        How it relaxes, with a covariance for each domain.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    """

    def __init__(self, field: Field, relaxation: Relaxation, adjacency: csr_matrix) -> None:
        self._field, self._relaxation = field, relaxation
        self._evidence = Evidence(field, adjacency, np.random.default_rng(0))
        self._halves = halving(joined(field.blocks, adjacency), adjacency)

    def run(self, assignment: np.ndarray, spare: float, n_first: int) -> np.ndarray:
        """Split domains of an assignment (n, K) while it is worth it.

        Parameters
        ----------
        assignment
            Where to start.
        spare
            What the best split would have gained in the first tissue, in nats per spot.
        n_first
            Spots of the first tissue.

        Returns
        -------
        Assignment (n, K + new domains), float32.
        """
        n = len(assignment)
        for _ in range(MOST):
            worth = max(MARGIN * spare * max(n, n_first), n * self._cost(assignment))
            split = self.best(assignment)
            if split is None or split.gain <= worth:
                break
            assignment = split.assignment
        return assignment

    def best(self, assignment: np.ndarray) -> Split | None:
        """The best assignment in which one domain more is split off; None where no domain can be halved."""
        member = np.eye(assignment.shape[1] + 1, dtype=np.float32)
        ranked = sorted(self._proposed(assignment), key=lambda pair: -self._objective(pair[0]))[:_TRIED]
        tried = [self._relaxation.run_own(member[one], _SHORT, _TOL) for pair in ranked for one in pair]
        if not tried:
            return None
        found = max(tried, key=lambda own: self._field.objective(own.argmax(axis=1), own.shape[1]))
        found = self._relaxation.run_own(found, _LONG, _TOL)
        return Split(found, self._foretold(found) - self._foretold(assignment))

    def _proposed(self, assignment: np.ndarray) -> Iterator[np.ndarray]:
        """Partitions in which half of one domain is a domain of its own, the last."""
        partition, n_domains = assignment.argmax(axis=1), assignment.shape[1]
        for domain in range(n_domains):
            spots = np.flatnonzero(partition == domain)
            second = self._halves(spots) if len(spots) >= _LEAST_SPLIT else np.zeros(len(spots), dtype=bool)
            if not second.any() or second.all():
                continue
            pair = partition.copy(), partition.copy()
            for out, leaving in zip(pair, (second, ~second), strict=True):
                out[spots[leaving]] = n_domains
            yield pair

    def _objective(self, partition: np.ndarray) -> float:
        return self._field.objective(partition, int(partition.max()) + 1)

    def _foretold(self, assignment: np.ndarray) -> float:
        return float(self._evidence.gains(assignment.argmax(axis=1), assignment.shape[1]).sum())

    def _cost(self, assignment: np.ndarray) -> float:
        return self._evidence.cost(assignment.argmax(axis=1), assignment.shape[1])
