r"""Hidden Markov random field: domains whose features are Gaussian and whose neighbours tend to agree.

.. math::
    q_{ik} \propto \exp\Big(\log\big(\epsilon + p_{ik}\big) + \beta \sum_j a_{ij} q_{jk}\Big), \qquad
    p_{ik} \propto \prod_m \mathcal N(x^m_i; \mu^m_k, \Sigma^m)^{w_m},

the mean field of a Potts model after Zhang, Brady and Smith (2001), with :math:`\epsilon` = ``outlier`` for spots that fit no domain.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.domains.gaussians import Emission, change
from spamca.domains.graph import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spamca.domains.components import Components
    from spamca.domains.gaussians import Gaussians

LONG, SHORT, TOL = 60, 10, 1e-4
"""Most steps of the field at the end of a search, and in between; the mean change at which it stops."""

_INNER_STEPS = 4


class Field:
    r"""The field of a tissue. Partitions are compared by the objective

    .. math::
        Q = \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|\Sigma^m|} + \sum_m \frac{w_m n_m}{2 n} \log \frac{|T^m|}{|W^m|}
        + \gamma \, \frac{\text{edges within domains}}{|E|},

    the log-likelihood per spot that domains gain over one Gaussian of covariance T where the domain of a spot is known, the same
    where it is predicted from those of its neighbours (W is the covariance of the residuals), and the coherence; :math:`n_m` of
    the n spots have the modality. Domains that follow the noise of single spots raise the first term alone.
    The Gaussians are by default those of :class:`~spamca.domains.gaussians.Emission`, and :math:`\gamma`, the ``coherence``, that of
    the settings.
    """

    def __init__(
        self, components: Components, emission: Emission | None = None, *, coherence: float | None = None
    ) -> None:
        self.components, self.blocks = components, components.blocks
        self.emission = Emission(components) if emission is None else emission
        self._coherence = components.settings.coherence if coherence is None else coherence
        self._pull = components.graph.pull(self._coherence)

    def relax(self, assignment: np.ndarray, n_steps: int, tol: float = TOL) -> np.ndarray:
        r"""Follow the field with one covariance for all domains, from an assignment (n, K); the same shape, rows summing to one.

        .. math::
            q_{ik} \leftarrow \tfrac12 q_{ik} + \tfrac12 \frac{(\epsilon + p_{ik}) e^{h_{ik}}}{\sum_l (\epsilon + p_{il}) e^{h_{il}}},
            \qquad h_{ik} = \beta \sum_j a_{ij} q_{jk},

        by half steps, as whole ones may oscillate; p is estimated again after every few.
        """
        return self._follow(assignment, lambda now: self.emission.probabilities(now[:, :, None])[:, :, 0], n_steps, tol)

    def relax_own(self, assignment: np.ndarray, n_steps: int, tol: float = TOL) -> np.ndarray:
        """The same with a covariance for each domain, which separates domains of the same mean and different spread."""
        return self._follow(assignment, lambda now: self.emission.under(self.emission.gaussians(now)), n_steps, tol)

    def relax_known(self, gaussians: Sequence[Gaussians], n_steps: int, tol: float) -> np.ndarray:
        """The same, starting from the features alone, with means and covariances held: (n, K)."""
        known = self.emission.under(gaussians)
        return self._follow(known, lambda _: known.copy(), n_steps, tol)

    def spread(self, assignment: np.ndarray, spots: np.ndarray) -> np.ndarray:
        """Extend an assignment (len(spots), K) of some spots to all by the features: (n, K)."""
        known = np.zeros((self.components.n_spots, assignment.shape[1]), dtype=np.float32)
        known[spots] = assignment
        return self.relax(self.emission.probabilities(known[:, :, None])[:, :, 0], SHORT)

    def parts(self, partition: np.ndarray, n_domains: int) -> dict[str, float]:
        """Parts of the objective of a partition, integers below ``n_domains`` of shape (n,), and the objective itself.

        ``log_likelihood``, ``predicted``, ``coherence`` (the share of edges) and ``objective``.
        """
        member, n = np.eye(n_domains, dtype=np.float32)[partition], len(partition)
        around = self._around(member)
        (outside,) = self.emission.sums(around[:, :, None])
        known = predicted = 0.0
        for block, columns, (means,), (within,), _ in self.emission.moments(member[:, :, None]):
            weight, whole = block.weight * block.size / n / 2, np.linalg.slogdet(block.total)[1]
            there = around if block.present is None else around * block.present[:, None].astype(np.float32)
            cross = means.T @ outside[:, columns]
            both = means.T @ (there.T @ around).astype(np.float64) @ means - cross - cross.T
            known += weight * (whole - np.linalg.slogdet(within)[1])
            predicted += weight * (whole - np.linalg.slogdet(block.total + both / max(block.size, 1))[1])
        coherence = self.coherence(partition)
        objective = known + predicted + self._coherence * coherence
        out = {"log_likelihood": known, "predicted": predicted, "coherence": coherence, "objective": objective}
        return {name: float(value) for name, value in out.items()}

    def objective(self, partition: np.ndarray, n_domains: int) -> float:
        """The objective of a partition."""
        return self.parts(partition, n_domains)["objective"]

    def coherence(self, partition: np.ndarray) -> float:
        """Share of edges within a domain."""
        one, other = self.components.graph.edges
        return float((partition[one] == partition[other]).mean()) if len(one) else 0.0

    def unpredicted(self, partition: np.ndarray, n_domains: int) -> list[np.ndarray]:
        r"""Residuals of spots, predicted from the domains of their neighbours: an array (n, r) for each block.

        .. math::
            x^m_i - \sum_k \pi_{ik} \mu^m_k, \qquad \pi_{ik} \propto \exp\Big(\beta \sum_j a_{ij} [z_j = k]\Big),

        after the mean-field likelihood of hidden Markov random fields (Forbes and Peyrard 2003). Missing rows are zero.
        """
        member = np.eye(n_domains)[partition]
        around = self._around(member.astype(np.float32)).astype(np.float64)
        return [block.there(block.values - around @ block.means(member)) for block in self.blocks]

    def _around(self, member: np.ndarray) -> np.ndarray:
        """Probability of each domain given those of the neighbours, from float32 memberships (n, K); the same shape."""
        around, ones = np.empty_like(member), np.ones((member.shape[1], 1), dtype=np.float32)

        def fill(rows: slice) -> None:
            own = rows_of(self._pull, rows) @ member
            np.exp(own, out=own)
            own /= own @ ones
            around[rows] = own

        in_blocks(fill, len(member))
        return around

    def _follow(
        self, start: np.ndarray, emission: Callable[[np.ndarray], np.ndarray], n_steps: int, tol: float
    ) -> np.ndarray:
        now = np.ascontiguousarray(start, dtype=np.float32)
        for _ in range(n_steps):
            before, now = now, self._settle(emission(now), now)
            if change(before[:, :, None], now[:, :, None])[0] < tol:
                break
        return now

    def _settle(self, emission: np.ndarray, now: np.ndarray) -> np.ndarray:
        """A few steps with p held: both (n, K); overwrites the first."""
        emission += self.components.settings.outlier
        spare, after = np.empty_like(now), np.empty_like(now)
        for _ in range(_INNER_STEPS):
            in_blocks(partial(self._half_step, emission, now, after), len(now))
            now, after, spare = after, spare, after
        return now

    def _half_step(self, emission: np.ndarray, now: np.ndarray, after: np.ndarray, rows: slice) -> None:
        """One step of some rows, written to ``after``; all arrays are (n, K)."""
        score = rows_of(self._pull, rows) @ now
        np.exp(score, out=score)
        score *= emission[rows]
        # products are faster than sums of short rows
        score /= score @ np.full((now.shape[1], 1), 2, dtype=np.float32)
        np.multiply(now[rows], 0.5, out=after[rows])
        after[rows] += score
