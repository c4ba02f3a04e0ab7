"""Hidden Markov random field: domains whose features are Gaussian and whose neighbours tend to agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags, triu

if TYPE_CHECKING:
    from collections.abc import Sequence

COHERENCE = 4.0
"""What the objective gains where all edges lie within domains, in nats per spot."""

OUTLIER = 1e-3
"""Least probability that the features of a spot leave to a domain before its neighbours are heard."""

_RIDGE = 1e-6
_INNER_STEPS = 4


@dataclass(frozen=True)
class Block:
    """Components of one modality.

    Parameters
    ----------
    values
        Shape (n, r); rows of spots that lack the modality are zero.
    weight
        What the modality's likelihood is raised to.
    present
        Which spots have the modality, booleans of shape (n,), or None for all.
    """

    values: np.ndarray
    weight: float = 1.0
    present: np.ndarray | None = None

    def take(self, spots: np.ndarray) -> Block:
        """The block of some of the spots."""
        return Block(self.values[spots], self.weight, None if self.present is None else self.present[spots])

    def moments(self, assignment: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Means (K, r) of the domains, covariance within them (r, r), and covariance of all (r, r)."""
        if self.present is not None:
            assignment = assignment * self.present[:, None]
        size = assignment.sum(axis=0)
        n = max(size.sum(), 1e-12)
        means = (assignment.T @ self.values) / np.maximum(size, 1e-12)[:, None]
        total = self.values.T @ self.values / n + _RIDGE * np.eye(self.values.shape[1])
        return means, total - (means.T * size) @ means / n, total


class Field:
    r"""Mean field of a Potts model with Gaussian emissions, one shared covariance a modality.

    .. math::
        q_{ik} \propto \exp\Big(\log\big(\epsilon + p_{ik}\big) + \beta \sum_j a_{ij} q_{jk}\Big), \qquad
        p_{ik} \propto \prod_m \mathcal N(x^m_i; \mu^m_k, \Sigma^m)^{w_m},

    after Zhang, Brady and Smith (2001), with :math:`\epsilon` for spots that are like no other. Partitions are compared by

    .. math:: Q = \sum_m \frac{w_m}{2} \log \frac{|T^m|}{|\Sigma^m|} + \gamma \, \frac{\text{edges within domains}}{|E|},

    the log-likelihood per spot that domains gain over one Gaussian of covariance :math:`T`, and the coherence.

    Parameters
    ----------
    blocks
        Components of the modalities.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    """

    def __init__(self, blocks: Sequence[Block], adjacency: csr_matrix) -> None:
        self.blocks = list(blocks)
        edges = triu(adjacency, 1).tocoo()
        self._row, self._column = edges.row, edges.col
        degree = np.asarray((adjacency != 0).sum(axis=1), dtype=np.float64).ravel()
        # An edge counts for both of its ends; spots with few neighbours hear each of them more.
        scale = np.where(degree > 0, degree.mean() / np.where(degree > 0, degree, 1), 0)
        strength = COHERENCE * len(degree) / max(edges.nnz, 1)
        self._pull = csr_matrix(diags(strength * scale) @ (adjacency != 0).astype(np.float64))

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return self._pull.shape[0]

    def relax(self, assignment: np.ndarray, n_steps: int, *, tol: float = 1e-4) -> np.ndarray:
        """Follow the field from a soft or hard assignment.

        Parameters
        ----------
        assignment
            Shape (n, K), rows summing to one.
        n_steps
            Largest number of times that means and covariances are estimated anew.
        tol
            Mean change at which it ends.

        Returns
        -------
        Assignment (n, K), rows summing to one.
        """
        for _ in range(n_steps):
            before = assignment
            assignment = self._settle(np.log(self._emission(assignment) + OUTLIER), assignment)
            if np.abs(assignment - before).mean() < tol:
                break
        return assignment

    def spread(self, assignment: np.ndarray, spots: np.ndarray) -> np.ndarray:
        """Carry an assignment (len(spots), K) of some spots to all, through what their domains look like: (n, K)."""
        known = np.zeros((self.n_spots, assignment.shape[1]))
        known[spots] = assignment
        return self.relax(self._emission(known), 10)

    def likelihood(self, partition: np.ndarray, n_domains: int) -> float:
        """First part of the objective, of integers below ``n_domains``."""
        assignment = np.eye(n_domains)[partition]
        gain = 0.0
        for block in self.blocks:
            _, within, total = block.moments(assignment)
            ridge = _RIDGE * np.eye(len(total))
            gain += block.weight / 2 * (np.linalg.slogdet(total)[1] - np.linalg.slogdet(within + ridge)[1])
        return gain

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        return float((partition[self._row] == partition[self._column]).mean()) if len(self._row) else 0.0

    def objective(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective Q of a partition, integers below ``n_domains``, shape (n,)."""
        return self.likelihood(partition, n_domains) + COHERENCE * self.coherence(partition)

    def _emission(self, assignment: np.ndarray) -> np.ndarray:
        score = np.zeros_like(assignment)
        for block in self.blocks:
            means, within, _ = block.moments(assignment)
            gain = np.linalg.solve(within + _RIDGE * np.eye(len(within)), means.T)
            own = block.values @ gain - 0.5 * (means.T * gain).sum(axis=0)
            score += block.weight * (own if block.present is None else own * block.present[:, None])
        return _softmax(score)

    def _settle(self, log_emission: np.ndarray, assignment: np.ndarray) -> np.ndarray:
        for _ in range(_INNER_STEPS):
            # halfway, as whole steps may swing
            assignment = (assignment + _softmax(log_emission + self._pull @ assignment)) / 2
        return assignment


def _softmax(score: np.ndarray) -> np.ndarray:
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return score / score.sum(axis=1, keepdims=True)
