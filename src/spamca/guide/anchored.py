"""Domains of one tissue that follow another, held by what they were in the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.relaxation import PRIOR, Gaussians, Relaxation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.statistics import Statistics

ANCHOR = 200.0
"""Spots of new tissue that the first counts for in a domain, at most: two tissues are never quite the same, however many spots of
the first were seen. More hold domains faster to what they were. Chosen on all
development tissue together."""


class Anchored(Relaxation):
    r"""Steps of the mean field in which known domains count for spots of their own.

    With :math:`s_k` spots of mean :math:`\mu_k` and covariance :math:`\Sigma_k` that domain k brings with it (a normal
    inverse Wishart prior), and :math:`n_k = \sum_i q_{ik}` new ones of mean :math:`\bar x_k`,

    .. math::
        \mu'_k = \frac{s_k \mu_k + n_k \bar x_k}{s_k + n_k}, \qquad
        \Sigma'_k = \frac{\nu \Sigma + s_k \Sigma_k + s_k (\mu_k - \mu'_k)(\mu_k - \mu'_k)^\top
        + \sum_i q_{ik} (x_i - \mu'_k)(x_i - \mu'_k)^\top}{\nu + s_k + n_k}

    with :math:`\nu` of :data:`~spamca.guide.relaxation.PRIOR` and :math:`\Sigma` the covariance within all domains. Domains beyond those
    known bring no spots.

    Parameters
    ----------
    statistics
        Components of the modalities in the new tissue.
    pull
        What each neighbour counts for, sparse of shape (n, n).
    known
        Means and covariances of the known domains, one for each block.
    sizes
        Spots of the known domains, one array (K,) for each block; above :data:`ANCHOR` they count for no more.
    """

    def __init__(
        self, statistics: Statistics, pull: csr_matrix, known: Sequence[Gaussians], sizes: Sequence[np.ndarray]
    ) -> None:
        super().__init__(statistics, pull)
        self._known = [_undrawn(own, size) for own, size in zip(known, sizes, strict=True)]
        self._held = [np.minimum(np.asarray(size, dtype=np.float64), ANCHOR) for size in sizes]

    def gaussians(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means and covariances of the domains from an assignment (n, K) of at least the known ones, one for each block."""
        n_domains, out = assignment.shape[1], []
        moments = self._statistics.moments(assignment[:, :, None])
        for (_, columns, (means,), _, (size,)), known, held in zip(moments, self._known, self._held, strict=True):
            n_new = n_domains - len(held)
            anchor = np.vstack([known.means, np.zeros((n_new, means.shape[1]))])
            spread = np.pad(held[:, None, None] * known.covariances, ((0, n_new), (0, 0), (0, 0)))
            held = np.pad(held, (0, n_new))
            total = held + size
            centres = (held[:, None] * anchor + size[:, None] * means) / np.maximum(total, 1e-12)[:, None]
            apart = anchor - centres
            spread += np.einsum("k,ki,kj->kij", held, apart, apart)
            spread += self._scatter(columns, centres, assignment)
            within = spread.sum(axis=0) / total.sum()
            out.append(
                Gaussians(centres.astype(np.float32), (PRIOR * within + spread) / (PRIOR + total)[:, None, None])
            )
        return out


def _undrawn(known: Gaussians, sizes: np.ndarray) -> Gaussians:
    """What domains of these sizes had for covariances before they were drawn towards that within all of them."""
    weight = np.asarray(sizes, dtype=np.float64)[:, None, None]
    drawn = (PRIOR + weight) * known.covariances
    within = drawn.sum(axis=0) / (PRIOR + weight).sum()
    return Gaussians(known.means, (drawn - PRIOR * within) / np.maximum(weight, 1e-12))
