"""Hidden Markov random field: domains whose features are Gaussian and whose neighbours tend to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags, triu
from scipy.spatial.distance import cdist

from spamca.guide.relaxation import Relaxation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spamca.guide.blocks import Block

COHERENCE = 4.0
"""What the objective gains where all edges lie within domains, in nats per spot."""


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
        self._pull = pull(adjacency, COHERENCE)
        self._relaxation = Relaxation(self.blocks, self._pull)
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
            Shape (n, K), rows summing to one; or (n, K, B) of B assignments, which side by side take less time than one by one.
        n_steps
            Largest number of times that means and covariances are estimated anew.
        own_covariance
            Give each domain the covariance
            :math:`(\nu \Sigma + \sum_i q_{ik} (x_i - \mu_k)(x_i - \mu_k)^\top) / (\nu + n_k)` with :math:`\nu` of
            :data:`~spamca.guide.relaxation.PRIOR`, drawn towards that within all domains. It tells domains of one mean and
            different spread apart, and makes too many optima to start a search with. Of one assignment only.
        tol
            Mean change at which it ends.

        Returns
        -------
        Float32 of the same shape, rows summing to one.
        """
        if own_covariance:
            return self._relaxation.run_own(assignment, n_steps, tol)
        several = assignment.ndim == 3
        found = self._relaxation.run(assignment if several else assignment[:, :, None], n_steps, tol)
        return found if several else found[:, :, 0]

    def spread(self, assignment: np.ndarray, spots: np.ndarray) -> np.ndarray:
        """Carry an assignment (len(spots), K) of some spots to all, through what their domains look like: (n, K)."""
        known = np.zeros((self.n_spots, assignment.shape[1], 1), dtype=np.float32)
        known[spots, :, 0] = assignment
        return self.relax(self._relaxation.emission(known)[:, :, 0], 10)

    def parts(self, partition: np.ndarray, n_domains: int) -> dict[str, float]:
        """Parts of the objective of a partition, and the objective itself.

        Parameters
        ----------
        partition
            Integers below ``n_domains``, shape (n,).
        n_domains
            Number of domains K.

        Returns
        -------
        ``log_likelihood``, ``foretold`` and ``coherence``, which the objective weighs by :data:`COHERENCE`; and ``objective``.
        """
        member = np.eye(n_domains)[partition]
        told, foretold, coherence = self._likelihood(member), self._foretelling(member), self.coherence(partition)
        objective = told + foretold + COHERENCE * coherence
        return {"log_likelihood": told, "foretold": foretold, "coherence": coherence, "objective": objective}

    def objective(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective Q of a partition."""
        return self.parts(partition, n_domains)["objective"]

    def likelihood(self, partition: np.ndarray, n_domains: int) -> float:
        """First part of the objective."""
        return self._likelihood(np.eye(n_domains)[partition])

    def foretelling(self, partition: np.ndarray, n_domains: int) -> float:
        """Second part of the objective: what neighbours tell of a spot."""
        return self._foretelling(np.eye(n_domains)[partition])

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        return float((partition[self._row] == partition[self._column]).mean()) if len(self._row) else 0.0

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
        return list(self._left(np.eye(n_domains)[partition]))

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
            size = block.sizes(member)
            apart = cdist(means, means, metric="mahalanobis", VI=np.linalg.inv(within)) ** 2
            pooled = np.outer(size, size) / np.maximum(np.add.outer(size, size), 1) / max(block.size, 1)
            cost += block.weight * block.size / self.n_spots / 2 * np.log1p(pooled * apart)
        return cost

    def _gain(self, covariances: Iterable[np.ndarray]) -> float:
        gain = 0.0
        for block, whole, covariance in zip(self.blocks, self._log_det, covariances, strict=True):
            gain += block.weight * block.size / self.n_spots / 2 * (whole - _log_det(covariance))
        return float(gain)

    def _likelihood(self, member: np.ndarray) -> float:
        return self._gain(block.moments(member)[1] for block in self.blocks)

    def _foretelling(self, member: np.ndarray) -> float:
        return self._gain(self._covariances_of_left(member))

    def _covariances_of_left(self, member: np.ndarray) -> Iterator[np.ndarray]:
        """Covariances W of :meth:`unforetold`, from products with the domains: what is left itself is not needed."""
        around = self._around(member)
        for block in self.blocks:
            told = around if block.present is None else around * block.present[:, None]
            means, size = block.means(member), max(block.size, 1)
            cross = means.T @ (told.T @ block.values)
            yield block.total + (means.T @ (told.T @ told) @ means - cross - cross.T) / size

    def _left(self, member: np.ndarray) -> Iterator[np.ndarray]:
        around = self._around(member)
        for block in self.blocks:
            left = around @ block.means(member)
            np.subtract(block.values, left, out=left)
            if block.present is not None:
                left *= block.present[:, None]
            yield left

    def _around(self, member: np.ndarray) -> np.ndarray:
        around = self._pull @ member
        np.exp(around, out=around)
        around /= (around @ np.ones(member.shape[1]))[:, None]  # NumPy sums short rows slowly
        return around


def pull(adjacency: csr_matrix, coherence: float) -> csr_matrix:
    """What each neighbour of a spot counts for in the field, sparse of shape (n, n).

    Parameters
    ----------
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    coherence
        What the objective gains where all edges lie within domains, in nats per spot.
    """
    degree = np.asarray((adjacency != 0).sum(axis=1), dtype=np.float64).ravel()
    # An edge counts for both of its ends; spots with few neighbours hear each of them more.
    scale = np.where(degree > 0, degree.mean() / np.where(degree > 0, degree, 1), 0)
    strength = coherence * len(degree) / max(triu(adjacency, 1).nnz, 1)
    return csr_matrix(diags(strength * scale) @ (adjacency != 0).astype(np.float64))


def _log_det(covariance: np.ndarray) -> float:
    return float(np.linalg.slogdet(covariance)[1])
