r"""Each domain against all others, feature by feature.

With :math:`m_{sk}` the mean of a feature in domain k of section s, an additive model of sections and domains

.. math:: m_{sk} = \alpha_s + \beta_k + \varepsilon, \qquad
    \delta_k = \beta_k - \sum_{l \ne k} \frac{n_l}{n - n_k} \beta_l

gives the difference :math:`\delta_k` of a domain from the others. Neighbouring spots are alike beyond their domain, so that they are not as
many observations as they are spots. The means of patches p of :math:`n_p` neighbouring spots of one domain show how many times the variance
of a mean exceeds that of independent spots (the design effect of cluster samples, Kish 1965),

.. math:: D = \max\Big(1, \frac{\sum_p n_p^2 (\bar x_p - m_{k(p)})^2 / \sigma_{k(p)}^2}{\sum_p n_p (1 - n_p / n_{k(p)})}\Big),

and :math:`\delta_k` is compared with its standard error by Student's t. :math:`\sigma_k^2` is the variance within the domain, at least that
within all domains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, stats

from spamca.features import Blocks

if TYPE_CHECKING:
    from spamca.features._blocks import Matrix

LEAST_SPOTS = 10
"""Spots of the smallest domain that is compared."""


@dataclass(frozen=True)
class Contrasts:
    """Differences between a domain and all others, float64 of shape (K, p); NaN where they cannot be known."""

    difference: np.ndarray  #: of the means
    effect: np.ndarray  #: the same in standard deviations within domains
    t: np.ndarray  #: the same in standard errors
    p_value: np.ndarray  #: two-sided
    explained: np.ndarray  #: share of the variance that belonging to the domain explains, without what arises by chance
    explained_by_all: np.ndarray  #: share that all domains explain together, (p,)


def contrasts(
    values: Matrix, domains: np.ndarray, n_domains: int, patch: np.ndarray, sections: np.ndarray | None = None
) -> Contrasts:
    """Compare each domain with all others.

    Parameters
    ----------
    values
        Features, (n, p), dense, sparse, or in blocks of rows.
    domains
        Domain of each spot, integers (n,) below K, -1 for spots to leave out.
    n_domains
        Number of domains K.
    patch
        Patch of each spot, integers (n,), as :func:`~spamca.explain.patches.patches` gives.
    sections
        Section of each spot, integers (n,), to compare domains within sections; None to compare them over all spots.
    """
    use = domains >= 0
    section = np.zeros(len(domains), dtype=np.int64) if sections is None else sections
    cell_of = np.column_stack([section, domains])
    cells, cell = _numbered(cell_of, use)
    units, unit = _numbered(np.column_stack([cell_of, patch]), use)
    of_unit = np.full(len(units), -1)
    of_unit[unit[use]] = cell[use]
    sums, squares = _sums(values, unit, len(units), cell, len(cells))
    n_unit, n_cell = np.bincount(unit[use]), np.bincount(cell[use])
    total = _by(of_unit, len(cells)) @ sums
    mean = total / n_cell[:, None]
    scatter = np.maximum(squares - n_cell[:, None] * mean**2, 0)
    n, free = n_cell.sum(), max(n_cell.sum() - len(n_cell), 1)
    within = scatter.sum(axis=0) / free
    # A domain that shows few of rare molecules shows little of their variance: no domain has less than all together.
    variance = np.maximum(scatter / np.maximum(n_cell - 1, 1)[:, None], within)
    safe = np.where(within > 0, variance, 1)
    apart = (sums - n_unit[:, None] * mean[of_unit]) ** 2 / safe[of_unit]
    counted = (n_unit * (1 - n_unit / n_cell[of_unit])).sum()
    design = np.maximum(apart.sum(axis=0) / max(counted, 1), 1)
    weights, known = _weights(cells, n_cell, n_domains)
    difference = np.where(known[:, None], weights @ mean, np.nan)
    error = design * (weights**2 @ (variance / n_cell[:, None]))
    level = _by(cells[:, 0], cells[:, 0].max() + 1)
    centre = (level @ total) / np.maximum(level @ n_cell, 1)[:, None]
    whole = (squares - n_cell[:, None] * (2 * mean * centre[cells[:, 0]] - centre[cells[:, 0]] ** 2)).sum(axis=0)
    size = np.bincount(cells[:, 1], n_cell, n_domains)
    pairs = (size * (n - size) / n)[:, None]
    chance = design * ((1 - n_cell / n)[:, None] * variance).sum(axis=0)
    between = whole - scatter.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = difference / np.sqrt(error)
        df = max(n**2 / (n_unit.astype(float) ** 2).sum() - len(cells), 1)
        varies = within > 1e-12 * np.maximum(np.abs(mean).max(axis=0) ** 2, 1e-30)
        t = np.where(varies, t, np.nan)
        return Contrasts(
            difference,
            np.where(varies, difference / np.sqrt(within), np.nan),
            t,
            2 * stats.t.sf(np.abs(t), df),
            np.where(varies, pairs * (difference**2 - error) / whole, np.nan),
            np.where(varies, (between - chance) / whole, np.nan),
        )


def _numbered(columns: np.ndarray, use: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different rows among those in use, and which of them each row is, -1 for others."""
    rows, number = np.unique(columns[use], axis=0, return_inverse=True)
    out = np.full(len(columns), -1)
    out[use] = number.ravel()
    return rows, out


def _by(group: np.ndarray, n_groups: int) -> sparse.csr_matrix:
    """Sums over groups, (n_groups, n), of integers (n,) with -1 for none."""
    rows = np.flatnonzero(group >= 0)
    return sparse.csr_matrix((np.ones(len(rows)), (group[rows], rows)), shape=(n_groups, len(group)))


def _sums(
    values: Matrix, unit: np.ndarray, n_units: int, cell: np.ndarray, n_cells: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sums over units, (U, p), and sums of squares over cells, (C, p), float64; there are about as many units as patches, far fewer than spots."""
    of_unit, of_cell, start = _by(unit, n_units), _by(cell, n_cells), 0
    sums, squares = np.zeros((n_units, values.shape[1])), np.zeros((n_cells, values.shape[1]))
    for rows in values if isinstance(values, Blocks) else (values,):
        part = slice(start, start := start + rows.shape[0])
        if sparse.issparse(rows):
            exact = sparse.csr_matrix(rows, dtype=np.float64)
            sums += (of_unit[:, part] @ exact).toarray()
            squares += (of_cell[:, part] @ exact.multiply(exact).tocsr()).toarray()
        else:
            sums += of_unit[:, part] @ np.asarray(rows, dtype=np.float64)
            squares += of_cell[:, part] @ np.square(rows, dtype=np.float64)
    return sums, squares


def _weights(cells: np.ndarray, n_cell: np.ndarray, n_domains: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (K, C) of the means of cells (section, domain) in the difference of each domain, and which are known, (K,)."""
    n_sections = cells[:, 0].max() + 1
    design = np.zeros((len(cells), n_sections + n_domains))
    design[np.arange(len(cells)), cells[:, 0]] = 1
    design[np.arange(len(cells)), n_sections + cells[:, 1]] = 1
    size = np.bincount(cells[:, 1], n_cell, n_domains)
    rest = size.sum() - size
    contrast = np.zeros((n_domains, design.shape[1]))
    contrast[:, n_sections:] = np.eye(n_domains) - (1 - np.eye(n_domains)) * size / np.maximum(rest, 1)[:, None]
    gram = design.T @ (n_cell[:, None] * design)
    inverse = np.linalg.pinv(gram, hermitian=True)
    known = (
        (size >= LEAST_SPOTS)
        & (rest >= LEAST_SPOTS)
        & (np.abs(contrast @ inverse @ gram - contrast).max(axis=1) < 1e-6)
    )
    return contrast @ inverse @ (design.T * n_cell), known
