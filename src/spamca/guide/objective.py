"""What a partition is worth: what domains tell of spots, what they tell of their neighbours, and how far these agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.statistics import Statistics

COHERENCE = 4.0
"""What the objective gains where all edges lie within domains, in nats per spot."""

_AT_ONCE = 48  # domains side by side: their memberships stay in the processor's cache


class Objective:
    r"""Parts of the objective of partitions,

    .. math::
        Q = \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|\Sigma^m|} + \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|W^m|}
        + \gamma \, \frac{\text{edges within domains}}{|E|},

    the log-likelihood per spot that domains gain over one Gaussian of covariance T where the domain of a spot is known, the same
    where it is predicted from those of its neighbours (W is the covariance of what that leaves), and the coherence; :math:`n_m` of
    the n spots have the modality. The first alone is raised by domains that follow the noise of single spots; the second is not.

    Parameters
    ----------
    statistics
        The components.
    pull
        What each neighbour counts for, float32, sparse of shape (n, n).
    edges
        Both ends of each edge, integers of shape (n_edges,).
    """

    def __init__(self, statistics: Statistics, pull: csr_matrix, edges: tuple[np.ndarray, np.ndarray]) -> None:
        self._statistics, self._pull, self._edges = statistics, pull, edges
        self._n = pull.shape[0]
        self._whole = [_log_det(block.total) for block in statistics.blocks]

    def parts(self, partitions: Sequence[np.ndarray], n_domains: int) -> dict[str, np.ndarray]:
        """Parts of the objective, and the objective.

        Parameters
        ----------
        partitions
            B partitions, integers below ``n_domains`` of shape (n,).
        n_domains
            Number of domains K.

        Returns
        -------
        ``log_likelihood``, ``predicted`` and ``coherence``, which the objective weighs by :data:`COHERENCE`; and ``objective``;
        each of shape (B,).
        """
        size = max(1, _AT_ONCE // n_domains)
        chunks = [self._parts(partitions[i : i + size], n_domains) for i in range(0, len(partitions), size)]
        told, predicted, coherence = (np.concatenate(part) for part in zip(*chunks, strict=True))
        objective = told + predicted + COHERENCE * coherence
        return {"log_likelihood": told, "predicted": predicted, "coherence": coherence, "objective": objective}

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        one, other = self._edges
        return float((partition[one] == partition[other]).mean()) if len(one) else 0.0

    def around(self, member: np.ndarray) -> np.ndarray:
        """Probability of each domain by those of the neighbours, from memberships (n, K, B) in float32; the same shape."""
        n, k, b = member.shape
        around = self._pull @ member.reshape(n, k * b)
        np.exp(around, out=around)
        # The sum over the domains, and that beside each of them: products are faster than sums of short rows.
        once = np.tile(np.eye(b, dtype=np.float32), (k, 1))
        around /= (around @ once) @ np.ascontiguousarray(once.T)
        return around.reshape(n, k, b)

    def _parts(self, partitions: Sequence[np.ndarray], n_domains: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        member = np.stack([np.eye(n_domains, dtype=np.float32)[partition] for partition in partitions], axis=2)
        told, predicted = np.zeros((2, len(partitions)))
        around = self.around(member)
        outside = self._statistics.sums(around)
        moments = self._statistics.moments(member)
        for (block, columns, means, within, _), whole, squares in zip(
            moments, self._whole, self._squares(around), strict=True
        ):
            weight = block.weight * block.size / self._n / 2
            cross = means.transpose(0, 2, 1) @ outside[:, :, columns]
            both = means.transpose(0, 2, 1) @ squares @ means - cross - cross.transpose(0, 2, 1)
            told += weight * (whole - _log_det(within))
            predicted += weight * (whole - _log_det(block.total + both / max(block.size, 1)))
        return told, predicted, np.array([self.coherence(partition) for partition in partitions])

    def _squares(self, around: np.ndarray) -> Iterator[np.ndarray]:
        """For each block the products (B, K, K) of what the neighbours tell, over the spots that have the modality."""
        n, k, b = around.shape
        flat, everywhere = around.reshape(n, k * b), None
        for block in self._statistics.blocks:
            if block.present is not None:
                there = flat * block.present[:, None].astype(np.float32)
                yield _own(there.T @ flat, k, b)
                continue
            if everywhere is None:
                everywhere = _own(flat.T @ flat, k, b)
            yield everywhere


def _own(products: np.ndarray, k: int, b: int) -> np.ndarray:
    """Of products (K B, K B) those of each of the B with itself, float64 of shape (B, K, K)."""
    return np.einsum("kblb->bkl", products.reshape(k, b, k, b)).astype(np.float64)


def _log_det(covariance: np.ndarray) -> np.ndarray:
    return np.linalg.slogdet(covariance)[1]
