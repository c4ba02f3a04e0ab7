"""Evidence for a partition: what the domains of its neighbours tell of a spot, against what the domains cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags

from spamca.guide.field import COHERENCE
from spamca.guide.starts import average

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.guide.field import Block

WINDOW = 128
"""Spots over which what a partition leaves unexplained may go on to vary together. More see longer gradients, and find fewer
domains where tissue changes gradually; where domains have edges it does not matter."""

_RIDGE = 1e-6
_N_PROBES = 64


class Evidence:
    r"""How well partitions foretell the features of a spot from the domains around it, the spot itself left out.

    .. math::
        E(z) = \frac1n \sum_i \sum_m w_m \log
        \frac{\mathcal N(x^m_i; \sum_k \pi_{ik} \mu^m_k, W^m)}{\mathcal N(x^m_i; 0, T^m)}, \qquad
        \pi_{ik} \propto \exp\Big(2 \gamma \tfrac{1}{|N_i|} \sum_{j \in N_i} [z_j = k]\Big),

    after the mean-field likelihood of hidden Markov random fields (Forbes and Peyrard 2003), with W the covariance of what is
    left and T that of all. A spot of its own kind among others raises the likelihood of a mixture, but not E: a domain counts
    as far as it is a place.

    Parameters
    ----------
    blocks
        Noise-whitened components of the modalities, at least one.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    rng
        Source of the probes that measure the window.
    """

    def __init__(self, blocks: Sequence[Block], adjacency: csr_matrix, rng: np.random.Generator) -> None:
        self.blocks = list(blocks)
        neighbours = (adjacency != 0).astype(np.float64)
        degree = np.asarray(neighbours.sum(axis=1)).ravel()
        self._pull = csr_matrix(diags(2 * COHERENCE / np.maximum(degree, 1)) @ neighbours)
        self._step = average(adjacency)
        self._n_steps, self._shrinkage = self._window(min(WINDOW, adjacency.shape[0] / 4), rng)

    def gain(self, partition: np.ndarray, n_domains: int) -> float:
        """E of a partition, integers below ``n_domains`` of shape (n,), in nats per spot."""
        out = 0.0
        for block, left in zip(self.blocks, self._unforetold(partition, n_domains), strict=True):
            out += block.weight / 2 * (_log_det(block.values) - _log_det(left)) * _share(block)
        return out

    def gains(self, partition: np.ndarray, n_domains: int) -> np.ndarray:
        """Terms of E, one for each spot, shape (n,)."""
        out = np.zeros(len(partition))
        for block, left in zip(self.blocks, self._unforetold(partition, n_domains), strict=True):
            size = _share(block)
            whole, rest = _covariance(block.values) / size, _covariance(left) / size
            both = np.linalg.slogdet(whole)[1] - np.linalg.slogdet(rest)[1]
            term = both + _squared(block.values, whole) - _squared(left, rest)
            out += block.weight / 2 * (term if block.present is None else term * block.present)
        return out

    def cost(self, partition: np.ndarray, n_domains: int) -> float:
        r"""What one domain has to gain to be worth its means, in nats per spot.

        .. math::
            c = \frac{1}{2n} \, p \log\frac{n r}{p}, \qquad
            p = \sum_m w_m \sum_c \max\Big(1, \frac{\operatorname{var}(S e^m_c)}{v \operatorname{var}(e^m_c)}\Big), \qquad
            r = \sum_m w_m r_m,

        with :math:`e_c` what the domains leave of one of the :math:`r_m` components and S the average over a window, which
        would shrink the variance of independent spots to v. Spots that vary together tell as much of a mean as
        :math:`n r / p` independent ones, so this is the Bayesian information criterion of that many; p are the effective
        parameters of a composite likelihood (Varin and Vidoni 2005; Gao and Song 2010).
        """
        effective = whole = 0.0
        member = np.eye(n_domains)[partition]
        for block in self.blocks:
            own = member if block.present is None else member * block.present[:, None]
            left = block.values - own @ ((own.T @ block.values) / np.maximum(own.sum(axis=0), 1)[:, None])
            variance = np.maximum(np.square(left).mean(axis=0), np.finfo(float).tiny)
            inflation = np.square(self._smooth(left)).mean(axis=0) / (variance * self._shrinkage)
            effective += block.weight * np.maximum(inflation, 1).sum()
            whole += block.weight * left.shape[1]
        n = len(partition)
        return float(effective * np.log(max(n * whole / effective, np.e)) / (2 * n))

    def standard_error(self, gains: np.ndarray, other: np.ndarray) -> float:
        """Standard error of the difference of two means of :meth:`gains`, neighbours varying together."""
        difference = gains - other
        together = self._smooth(difference - difference.mean())
        return float(np.sqrt(np.square(together).mean() / (self._shrinkage * len(gains))))

    def _unforetold(self, partition: np.ndarray, n_domains: int) -> list[np.ndarray]:
        member = np.eye(n_domains)[partition]
        score = self._pull @ member
        score = np.exp(score - score.max(axis=1, keepdims=True))
        score /= score.sum(axis=1, keepdims=True)
        out = []
        for block in self.blocks:
            own = member if block.present is None else member * block.present[:, None]
            left = block.values - score @ ((own.T @ block.values) / np.maximum(own.sum(axis=0), 1)[:, None])
            out.append(left if block.present is None else left * block.present[:, None])
        return out

    def _window(self, n_spots: float, rng: np.random.Generator) -> tuple[int, float]:
        probe = rng.standard_normal((self._step.shape[0], _N_PROBES))
        shrinkage, n_steps = 1.0, 0
        while n_steps < WINDOW:
            n_steps += 1
            probe = self._step @ probe
            before, shrinkage = shrinkage, float(np.square(probe).mean())
            if shrinkage * n_spots <= 1 or shrinkage > before * (1 - 1e-3):
                break
        return n_steps, shrinkage

    def _smooth(self, values: np.ndarray) -> np.ndarray:
        for _ in range(self._n_steps):
            values = self._step @ values
        return values


def _share(block: Block) -> float:
    return 1.0 if block.present is None else float(block.present.mean())


def _covariance(values: np.ndarray) -> np.ndarray:
    return values.T @ values / len(values) + _RIDGE * np.eye(values.shape[1])


def _log_det(values: np.ndarray) -> float:
    return float(np.linalg.slogdet(_covariance(values))[1])


def _squared(values: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return (values * np.linalg.solve(covariance, values.T).T).sum(axis=1)
