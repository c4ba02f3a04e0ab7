"""Hidden Markov random field: domains whose features are Gaussian and whose neighbours tend to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags, triu

from spamca.guide.objective import COHERENCE, Objective
from spamca.guide.relaxation import Relaxation
from spamca.guide.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.guide.blocks import Block


class Field:
    r"""Mean field of a Potts model with Gaussian emissions, one shared covariance a modality.

    .. math::
        q_{ik} \propto \exp\Big(\log\big(\epsilon + p_{ik}\big) + \beta \sum_j a_{ij} q_{jk}\Big), \qquad
        p_{ik} \propto \prod_m \mathcal N(x^m_i; \mu^m_k, \Sigma^m)^{w_m},

    after Zhang, Brady and Smith (2001), with :math:`\epsilon` for spots that are like no other. The field relaxes with the shared
    covariance, or in the end with one for each domain. Partitions are compared by their
    :class:`~spamca.guide.objective.Objective`.

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
        heard = pull(adjacency, COHERENCE).astype(np.float32)
        statistics = Statistics(self.blocks, heard.shape[0])
        self._relaxation = Relaxation(statistics, heard)
        self._objective = Objective(statistics, heard, (self._row, self._column))
        self.n_spots = heard.shape[0]

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
        ``log_likelihood``, ``predicted``, ``coherence`` and ``objective``, as of :class:`~spamca.guide.objective.Objective`.
        """
        return {name: float(value[0]) for name, value in self._objective.parts([partition], n_domains).items()}

    def objective(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective of a partition."""
        return self.parts(partition, n_domains)["objective"]

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        return self._objective.coherence(partition)

    def unpredicted(self, partition: np.ndarray, n_domains: int) -> list[np.ndarray]:
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
        member, out = np.eye(n_domains)[partition], []
        around = self._objective.around(member[:, :, None].astype(np.float32))[:, :, 0].astype(np.float64)
        for block in self.blocks:
            left = block.values - around @ block.means(member)
            out.append(left if block.present is None else left * block.present[:, None])
        return out


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
