"""Batch effects of sections: a scale and a shift of all spots of one, whatever their domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags

from spamca.graph import weigh_by_agreement

if TYPE_CHECKING:
    from collections.abc import Sequence

_PRIOR = 1.0  # spots that a shift of zero counts for
_PRIOR_NOISE = 50.0  # edges that the noise of all sections counts for
_LEAST = 1e-6


def section_scales(
    values: np.ndarray, adjacency: csr_matrix, sections: np.ndarray, present: np.ndarray | None = None
) -> np.ndarray:
    r"""Noise of each section relative to that of all: in deeper sections features differ more, between domains and between neighbours.

    .. math:: c_{sr}^2 = \frac{N^s_{rr}}{N_{rr}}, \qquad
        N^s_{rr} = \frac{\sum_{ij} a_{ij} (x_{ir} - x_{jr})^2}{2 \sum_{ij} a_{ij}}

    over the spots of one section, and of all. With edges weighted by the probability that both ends are of one domain
    (:func:`spamca.graph.weigh_by_agreement`), it does not matter how many borders a section has.

    ``values`` are features (n, r), ``adjacency`` weights of the edges (n, n), symmetric, none between sections, ``sections`` integers
    below S (n,), and ``present`` which spots have the modality. Returns c, (S, r); 1 in sections without edges.
    """
    links = adjacency
    if present is not None:
        own = diags(present.astype(np.float64))
        links = csr_matrix(own @ links @ own)
    centred = values - values.mean(axis=0)
    degree = np.asarray(links.sum(axis=1)).ravel()
    apart = _by_section(degree[:, None] * centred**2 - centred * (links @ centred), sections)
    edges = _by_section(degree[:, None], sections)
    pooled = apart.sum(axis=0) / max(edges.sum(), _LEAST)
    noise = (apart + _PRIOR_NOISE * pooled) / (edges + _PRIOR_NOISE)
    return np.sqrt(np.where(pooled > 0, noise, 1) / np.where(pooled > 0, pooled, 1))


def section_shifts(values: np.ndarray, assignment: np.ndarray, sections: np.ndarray) -> np.ndarray:
    r"""Shift of each section, apart from what its domains contribute to its mean.

    With one effect for each domain and one for each section,

    .. math:: x_i = \mu_{k(i)} + b_{s(i)} + e_i, \qquad b_s \sim \mathcal N(0, \operatorname{cov} e),

    by least squares over soft assignments q (n, K), whose rows sum to one, or to zero for spots that are left out: the normal
    equations of a two-way layout, K + S of them for any number of spots. Sections with other shares of the same domains have other
    means, but no shift; if sections share no domain, the shift is not determined, and is zero.

    ``values`` are features (n, r), ``sections`` integers below S (n,). Returns b, (S, r); the mean over all spots is zero.
    """
    n_domains = assignment.shape[1]
    held = assignment.sum(axis=1, keepdims=True)
    counts, size = _by_section(assignment, sections), _by_section(held, sections).ravel()
    design = np.block(
        [[np.diag(counts.sum(axis=0) + _LEAST), counts.T], [counts, np.diag(size + _PRIOR)]],
    )
    sums = np.vstack([assignment.T @ values, _by_section(held * values, sections)])
    shifts = np.linalg.solve(design, sums)[n_domains:]
    return shifts - (size @ shifts) / max(size.sum(), _LEAST)


@dataclass(frozen=True)
class BatchEffect:
    """What sections do to the features of a modality: deviations from ``mean`` (d,) are multiplied by ``scales``, then ``shifts`` (S, d) added."""

    mean: np.ndarray
    scales: np.ndarray
    shifts: np.ndarray

    def removed(self, values: np.ndarray, sections: np.ndarray, has: np.ndarray) -> np.ndarray:
        """Features (n, d) without it, zero where a spot lacks the modality, booleans (n,)."""
        there = _deviations(values, self.mean, has)
        there /= self.scales[sections]
        there -= self.shifts[sections]
        return np.where(has[:, None], there + self.mean, 0.0).astype(values.dtype)


def batch_effects(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    assignment: np.ndarray,
    sections: np.ndarray,
    present: np.ndarray | None = None,
) -> list[BatchEffect]:
    """Scales and shifts of the sections in each modality, estimated within domains (n, K).

    Other arguments are as in :func:`~spamca.domains.find_domains`.
    """
    out, within = [], weigh_by_agreement((adjacency != 0).astype(np.float64), assignment)
    for m, values in enumerate(features):
        has = np.ones(len(values), dtype=bool) if present is None else present[:, m]
        mean = values[has].mean(axis=0, dtype=np.float64) if has.any() else np.zeros(values.shape[1])
        there = _deviations(values, mean, has)
        scales = section_scales(there, within, sections, has)
        there /= scales[sections]
        out.append(BatchEffect(mean, scales, section_shifts(there, assignment * has[:, None], sections)))
    return out


def without_batch_effects(
    features: Sequence[np.ndarray], effects: Sequence[BatchEffect], sections: np.ndarray, present: np.ndarray
) -> list[np.ndarray]:
    """Features (n, d_m) of each modality without :func:`batch_effects`; rows of spots that lack it, by booleans (n, M), are zero."""
    return [
        effect.removed(values, sections, has) for effect, values, has in zip(effects, features, present.T, strict=True)
    ]


def _deviations(values: np.ndarray, mean: np.ndarray, has: np.ndarray) -> np.ndarray:
    return np.where(has[:, None], values - mean, 0.0)


def _by_section(values: np.ndarray, sections: np.ndarray) -> np.ndarray:
    """Sums (S, r) over the spots of each section of values (n, r)."""
    n = len(sections)
    member = csr_matrix((np.ones(n), (sections, np.arange(n))), shape=(int(sections.max()) + 1, n))
    return member @ values
