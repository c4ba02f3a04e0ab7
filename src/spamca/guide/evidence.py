"""Evidence for a partition: what the domains of its neighbours tell of a spot, against what the domains cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.smoothing import average

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from spamca.guide.field import Field

WINDOW = 128
"""Spots over which what a partition leaves unexplained may go on to vary together. More see longer gradients, and find fewer
domains where tissue changes gradually; where domains have edges it does not matter."""

_N_PROBES = 64


class Evidence:
    r"""How well partitions predict the features of a spot from the domains around it, the spot itself left out.

    .. math::
        E(z) = \frac1n \sum_i \sum_m w_m \log
        \frac{\mathcal N(x^m_i; \sum_k \pi_{ik} \mu^m_k, W^m)}{\mathcal N(x^m_i; 0, T^m)}

    with :math:`\pi` as in :meth:`~spamca.guide.field.Field.unpredicted`, W the covariance of what is left and T that of all. A
    spot of its own kind among others raises the likelihood of a mixture, but not E: a domain counts as far as it is a place.

    Parameters
    ----------
    field
        The field, of at least one modality.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    rng
        Source of the probes that measure the window.
    """

    def __init__(self, field: Field, adjacency: csr_matrix, rng: np.random.Generator) -> None:
        self.field = field
        self._step = average(adjacency)
        self._n_steps, self._shrinkage = self._window(min(WINDOW, adjacency.shape[0] / 4), rng)

    def gains(self, partition: np.ndarray, n_domains: int) -> np.ndarray:
        """Terms of E, one for each spot, shape (n,)."""
        out = np.zeros(len(partition))
        for block, left in zip(self.field.blocks, self.field.unpredicted(partition, n_domains), strict=True):
            whole, rest = block.total, block.covariance(left)
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
        for block in self.field.blocks:
            left = block.values - member @ block.means(member)
            left = left if block.present is None else left * block.present[:, None]
            variance = np.maximum(np.square(left).mean(axis=0), np.finfo(float).tiny)
            inflation = np.square(self._smooth(left)).mean(axis=0) / (variance * self._shrinkage)
            effective += block.weight * np.maximum(inflation, 1).sum()
            whole += block.weight * left.shape[1]
        n = len(partition)
        return float(effective * np.log(max(n * whole / effective, np.e)) / (2 * n))

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


def _squared(values: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return (values * np.linalg.solve(covariance, values.T).T).sum(axis=1)
