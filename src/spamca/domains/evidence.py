"""Evidence for a partition: how well the domains of its neighbours predict a spot, and the cost of the domains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.graph import N_PROBES

if TYPE_CHECKING:
    from spamca.domains.field import Field


class Evidence:
    r"""How well partitions predict the features of a spot from the domains around it, the spot itself left out.

    .. math::
        E(z) = \frac1n \sum_i \sum_m w_m \log
        \frac{\mathcal N(x^m_i; \sum_k \pi_{ik} \mu^m_k, W^m)}{\mathcal N(x^m_i; 0, T^m)}

    with :math:`\pi` as in :meth:`~spamca.domains.field.Field.unpredicted`, W the covariance of the residuals and T that of all. A
    spot unlike its neighbours raises the likelihood of a mixture, but not E: a domain has to be a place.
    ``rng`` draws the probes that measure the window.
    """

    def __init__(self, field: Field, rng: np.random.Generator) -> None:
        self._field, self._step = field, field.components.graph.step
        n, most = field.components.n_spots, field.components.settings.window
        self._n_steps, self._shrinkage = self._window(min(most, n / 4), most, rng)

    def gains(self, partition: np.ndarray, n_domains: int) -> np.ndarray:
        """Terms of E, one for each spot, shape (n,)."""
        out = np.zeros(len(partition))
        for block, left in zip(self._field.blocks, self._field.unpredicted(partition, n_domains), strict=True):
            whole, rest = block.total, block.covariance(left)
            both = np.linalg.slogdet(whole)[1] - np.linalg.slogdet(rest)[1]
            term = both + _squared(block.values, whole) - _squared(left, rest)
            out += block.weight / 2 * (term if block.present is None else term * block.present)
        return out

    def cost(self, partition: np.ndarray, n_domains: int) -> float:
        r"""What the means of one domain cost, in nats per spot.

        .. math::
            c = \frac{1}{2n} \, p \log\frac{n r}{p}, \qquad
            p = \sum_m w_m \sum_c \max\Big(1, \frac{\operatorname{var}(S e^m_c)}{v \operatorname{var}(e^m_c)}\Big), \qquad
            r = \sum_m w_m r_m,

        with :math:`e_c` the residuals of one of the :math:`r_m` components and S the average over a window, which shrinks the
        variance of independent spots to v. Spots that vary together determine a mean as well as
        :math:`n r / p` independent ones, so this is the Bayesian information criterion of that many; p are the effective
        parameters of a composite likelihood (Varin and Vidoni 2005; Gao and Song 2010).
        """
        effective = whole = 0.0
        member = np.eye(n_domains)[partition]
        for block in self._field.blocks:
            left = block.there(block.values - member @ block.means(member))
            variance = np.maximum(np.square(left).mean(axis=0), np.finfo(float).tiny)
            (averaged,) = self._field.components.graph.averaged(left, (self._n_steps,))
            inflation = np.square(averaged).mean(axis=0) / (variance * self._shrinkage)
            effective += block.weight * np.maximum(inflation, 1).sum()
            whole += block.weight * left.shape[1]
        n = len(partition)
        return float(effective * np.log(max(n * whole / effective, math.e)) / (2 * n))

    def _window(self, n_spots: float, most: int, rng: np.random.Generator) -> tuple[int, float]:
        """Steps of averaging that cover so many spots, and the variance of independent values after them."""
        probe = rng.standard_normal((self._step.shape[0], N_PROBES))
        shrinkage, n_steps = 1.0, 0
        while n_steps < most:
            n_steps += 1
            probe = self._step @ probe
            before, shrinkage = shrinkage, float(np.square(probe).mean())
            if shrinkage * n_spots <= 1 or shrinkage > before * (1 - 1e-3):
                break
        return n_steps, shrinkage


def _squared(values: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    return (values * np.linalg.solve(covariance, values.T).T).sum(axis=1)
