"""Hidden Markov random field: domains whose features are Gaussian and whose neighbours tend to agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular
from scipy.sparse import csr_matrix, diags, triu
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COHERENCE = 4.0
"""What the objective gains where all edges lie within domains, in nats per spot."""

OUTLIER = 1e-3
"""Least probability that the features of a spot leave to a domain before its neighbours are heard."""

PRIOR = 50.0
"""Spots that the covariance within all domains counts for, where each domain has a covariance of its own."""

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

    @property
    def size(self) -> float:
        """Number of spots that have the modality."""
        return float(len(self.values) if self.present is None else np.count_nonzero(self.present))

    @cached_property
    def total(self) -> np.ndarray:
        """Covariance (r, r) of all spots."""
        return self.covariance(self.values)

    def covariance(self, left: np.ndarray) -> np.ndarray:
        """Covariance (r, r) of rows (n, r) that are zero where a spot lacks the modality."""
        return left.T @ left / max(self.size, 1) + _RIDGE * np.eye(left.shape[1])

    def means(self, assignment: np.ndarray) -> np.ndarray:
        """Means (K, r) of the domains, from their assignment (n, K)."""
        own = assignment if self.present is None else assignment * self.present[:, None]
        return (own.T @ self.values) / np.maximum(own.sum(axis=0), 1e-12)[:, None]

    def moments(self, assignment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means (K, r) of the domains, from their assignment (n, K), and covariance within them (r, r)."""
        size = assignment.sum(axis=0) if self.present is None else self.present @ assignment
        means = self.means(assignment)
        return means, self.total - (means.T * size) @ means / max(size.sum(), 1e-12)


class Field:
    r"""Mean field of a Potts model with Gaussian emissions, one shared covariance a modality.

    .. math::
        q_{ik} \propto \exp\Big(\log\big(\epsilon + p_{ik}\big) + \beta \sum_j a_{ij} q_{jk}\Big), \qquad
        p_{ik} \propto \prod_m \mathcal N(x^m_i; \mu^m_k, \Sigma^m)^{w_m},

    after Zhang, Brady and Smith (2001), with :math:`\epsilon` for spots that are like no other. Partitions are compared by

    .. math::
        Q = \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|\Sigma^m|} + \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|W^m|}
        + \gamma \, \frac{\text{edges within domains}}{|E|},

    the log-likelihood per spot that domains gain over one Gaussian of covariance T where the domain of a spot is known, the same
    where it is foretold from those of its neighbours (W is the covariance of what that leaves, see :meth:`unforetold`), and the
    coherence; :math:`n_m` of the n spots have the modality. The first alone is raised by domains that follow the noise of single
    spots; the second is not. The field relaxes with the shared covariance, or in the end with one for each domain.

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
        self._log_det = [_log_det(block.total) for block in self.blocks]

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return self._pull.shape[0]

    def relax(
        self, assignment: np.ndarray, n_steps: int, *, own_covariance: bool = False, tol: float = 1e-4
    ) -> np.ndarray:
        r"""Follow the field from a soft or hard assignment.

        Parameters
        ----------
        assignment
            Shape (n, K), rows summing to one.
        n_steps
            Largest number of times that means and covariances are estimated anew.
        own_covariance
            Give each domain the covariance
            :math:`(\nu \Sigma + \sum_i q_{ik} (x_i - \mu_k)(x_i - \mu_k)^\top) / (\nu + n_k)` with :math:`\nu` of
            :data:`PRIOR`, drawn towards that within all domains. It tells domains of one mean and different spread apart, and
            makes too many optima to start a search with.
        tol
            Mean change at which it ends.

        Returns
        -------
        Assignment (n, K), rows summing to one.
        """
        emission = self._emission_of_each if own_covariance else self._emission
        for _ in range(n_steps):
            before = assignment
            assignment = self._settle(np.log(emission(assignment) + OUTLIER), assignment)
            if np.abs(assignment - before).mean() < tol:
                break
        return assignment

    def spread(self, assignment: np.ndarray, spots: np.ndarray) -> np.ndarray:
        """Carry an assignment (len(spots), K) of some spots to all, through what their domains look like: (n, K)."""
        known = np.zeros((self.n_spots, assignment.shape[1]))
        known[spots] = assignment
        return self.relax(self._emission(known), 10)

    def likelihood(self, partition: np.ndarray, n_domains: int) -> float:
        """First part of the objective, of integers below ``n_domains`` of shape (n,)."""
        member = np.eye(n_domains)[partition]
        return self._gain(block.moments(member)[1] for block in self.blocks)

    def unforetold(self, partition: np.ndarray, n_domains: int) -> list[np.ndarray]:
        r"""What the domains of its neighbours do not tell of a spot, the spot itself left out.

        .. math::
            x^m_i - \sum_k \pi_{ik} \mu^m_k, \qquad \pi_{ik} \propto \exp\Big(\beta \sum_j a_{ij} [z_j = k]\Big),

        after the mean-field likelihood of hidden Markov random fields (Forbes and Peyrard 2003).

        Parameters
        ----------
        partition
            Integers z below ``n_domains``, shape (n,).
        n_domains
            Number of domains K.

        Returns
        -------
        One array (n, r) a modality; rows of spots that lack it are zero.
        """
        member = np.eye(n_domains)[partition]
        around = _softmax(self._pull @ member)
        out = []
        for block in self.blocks:
            left = block.values - around @ block.means(member)
            out.append(left if block.present is None else left * block.present[:, None])
        return out

    def foretelling(self, partition: np.ndarray, n_domains: int) -> float:
        """Second part of the objective: what neighbours tell of a spot."""
        left = self.unforetold(partition, n_domains)
        return self._gain(block.covariance(rest) for block, rest in zip(self.blocks, left, strict=True))

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        return float((partition[self._row] == partition[self._column]).mean()) if len(self._row) else 0.0

    def objective(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective Q of a partition, integers below ``n_domains`` of shape (n,)."""
        told = self.likelihood(partition, n_domains) + self.foretelling(partition, n_domains)
        return told + COHERENCE * self.coherence(partition)

    def cost_of_merging(self, partition: np.ndarray, n_domains: int) -> np.ndarray:
        r"""What likelihood and coherence together lose where two domains become one, for each two.

        .. math::
            \sum_m \frac{w_m n_m}{2 n} \log\Big(1 + \frac{n_a n_b}{n_m (n_a + n_b)} \, \Delta^\top \Sigma^{-1} \Delta\Big)
            - \gamma \frac{|E_{ab}|}{|E|}, \qquad \Delta = \mu_a - \mu_b

        Parameters
        ----------
        partition
            Integers below ``n_domains``, shape (n,).
        n_domains
            Number of domains K.

        Returns
        -------
        Shape (K, K), symmetric.
        """
        member = np.eye(n_domains)[partition]
        between = np.bincount(partition[self._row] * n_domains + partition[self._column], minlength=n_domains**2)
        between = between.reshape(n_domains, n_domains)
        cost = -COHERENCE * (between + between.T) / max(len(self._row), 1)
        for block in self.blocks:
            means, within = block.moments(member)
            size = member.sum(axis=0) if block.present is None else block.present @ member
            apart = cdist(means, means, metric="mahalanobis", VI=np.linalg.inv(within)) ** 2
            pooled = np.outer(size, size) / np.maximum(np.add.outer(size, size), 1) / max(block.size, 1)
            cost += block.weight * block.size / self.n_spots / 2 * np.log1p(pooled * apart)
        return cost

    def _gain(self, covariances: Iterable[np.ndarray]) -> float:
        gain = 0.0
        for block, whole, covariance in zip(self.blocks, self._log_det, covariances, strict=True):
            gain += block.weight * block.size / self.n_spots / 2 * (whole - _log_det(covariance))
        return float(gain)

    def _emission(self, assignment: np.ndarray) -> np.ndarray:
        score = np.zeros_like(assignment)
        for block in self.blocks:
            means, within = block.moments(assignment)
            gain = np.linalg.solve(within, means.T)
            own = block.values @ gain - 0.5 * (means.T * gain).sum(axis=0)
            score += block.weight * (own if block.present is None else own * block.present[:, None])
        return _softmax(score)

    def _emission_of_each(self, assignment: np.ndarray) -> np.ndarray:
        score = np.zeros_like(assignment)
        for block in self.blocks:
            means, within = block.moments(assignment)
            for k, mean in enumerate(means):
                own = assignment[:, k] if block.present is None else assignment[:, k] * block.present
                left = block.values - mean
                spread = (left.T * own) @ left + PRIOR * within
                root = np.linalg.cholesky(spread / (PRIOR + own.sum()))
                white = solve_triangular(root, left.T, lower=True, check_finite=False)
                term = -0.5 * np.square(white).sum(axis=0) - np.log(np.diag(root)).sum()
                score[:, k] += block.weight * (term if block.present is None else term * block.present)
        return _softmax(score)

    def _settle(self, log_emission: np.ndarray, assignment: np.ndarray) -> np.ndarray:
        for _ in range(_INNER_STEPS):
            # halfway, as whole steps may swing
            assignment = (assignment + _softmax(log_emission + self._pull @ assignment)) / 2
        return assignment


def _log_det(covariance: np.ndarray) -> float:
    return float(np.linalg.slogdet(covariance)[1])


def _softmax(score: np.ndarray) -> np.ndarray:
    columns = np.ascontiguousarray(score.T)  # NumPy reduces short rows slowly
    columns = np.exp(columns - columns.max(axis=0))
    return np.ascontiguousarray((columns / columns.sum(axis=0)).T)
