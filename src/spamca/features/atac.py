"""Chromatin: sparse counts of very many peaks or tiles."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, by_rows, on_rows
from spamca.features._features import Features
from spamca.features._spectrum import spectrum

if TYPE_CHECKING:
    from spamca.features._blocks import Matrix
    from spamca.features._features import Fitted

SCALE = 1e4
"""Counts that the depth of a spot is scaled to."""

DEPTH = 0.75
"""Correlation with the depth of the spots above which the first component is depth (ArchR's cut-off)."""


def prepare_atac(
    X: Matrix, *, n_components: int = 30, chosen: np.ndarray | None = None, random_state: int = 0, **_: Any
) -> Features:
    r"""Weigh peaks by how few spots have them, and find latent semantic components (Cusanovich et al. 2015).

    .. math:: \tilde x_{ij} = \log(1 + 10^4 x_{ij} / \textstyle\sum_l x_{il}) \log(1 + n / \textstyle\sum_k x_{kj})

    by :func:`muon.atac.pp.tfidf`, then a truncated singular value decomposition. The first component is left out where
    it follows the depth of the spots. ``chosen`` are the peaks that are used, booleans (n_features,); the depth is that of all.
    A ValueError if fewer than two of them, or fewer than two spots, have counts.
    """
    if isinstance(X, Blocks):
        depth, totals = X.look.depth, X.look.totals
    else:
        X = sparse.csr_matrix(X, dtype=np.float32, copy=True)
        X.eliminate_zeros()
        depth, totals = (np.asarray(X.sum(axis=axis), dtype=np.float64).ravel() for axis in (1, 0))
    used = (totals > 0) & (True if chosen is None else chosen)
    n_found = min(n_components + 1, used.sum() - 1, (depth > 0).sum() - 1)
    if n_found < 1:
        need = "latent semantic components need counts in two features and two spots"
        msg = f"{need}, got {used.sum()} and {(depth > 0).sum()}"
        raise ValueError(msg)
    rarity = np.log1p(len(depth) / totals[used])
    if isinstance(X, Blocks):
        weighed = X.treat(lambda rows: _weighed(rows, used, rarity, SCALE).astype(np.float32))
        found = spectrum(weighed, n_found, centred=False, random_state=random_state)
        axes, centre, variance = found.axes, found.mean, found.variance
        values = by_rows(lambda rows: (rows @ axes.T).astype(np.float32), weighed)
    else:
        values, axes, centre, variance = _decompose(X[:, totals > 0], used[totals > 0], n_found, random_state)
    with np.errstate(invalid="ignore"):  # NaN where all spots have the same depth
        first = int(n_found > 1 and abs(np.corrcoef(values[:, 0], np.log1p(depth))[0, 1]) > DEPTH)
    kept = slice(first, first + n_components)
    values = values[:, kept] - values[:, kept].mean(axis=0)
    spread = values.var(axis=0, dtype=np.float64)
    what = f"{values.shape[1]} latent semantic components"
    return Features(
        key="X_lsi",
        values=np.ascontiguousarray(values, dtype=np.float32),
        loadings_key="LSI",
        loadings=axes[kept].T.astype(np.float32),
        variance=spread,
        variance_ratio=spread / variance,
        steps=("TF-IDF", f"{what} after the first, which is depth" if first else what),
        columns={"rarity": rarity, "centre": centre},
        constants={"scale": SCALE},
    ).among(len(used), np.flatnonzero(used))


def treat_atac(X: Matrix, position: np.ndarray, fitted: Fitted) -> tuple[Matrix, Fitted]:
    """Treat other spots by the rarity of peaks in the first tissue; a missing peak counts as its mean."""
    here = position >= 0
    known = fitted.take(here)
    rarity, scale = known.columns["rarity"], known.constants["scale"]
    return on_rows(lambda rows: _weighed(rows, position[here], rarity, scale), X), known


def level_atac(X: Matrix) -> Matrix:
    """Logarithms of one plus counts at a depth of 10,000."""
    every = np.arange(X.shape[1])
    return on_rows(lambda rows: _weighed(rows, every, np.ones(len(every)), SCALE), X, sparse=True)


def _decompose(
    counts: sparse.csr_matrix, used: np.ndarray, n_components: int, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Scores of the peaks that are used, their axes, mean of each, and variance of all together."""
    from anndata import AnnData
    from sklearn.decomposition import TruncatedSVD
    from sklearn.utils.sparsefuncs import mean_variance_axis

    tissue = AnnData(counts)
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore")  # muon's own, at import; spots without counts stay without
        from muon import atac

        atac.pp.tfidf(tissue, scale_factor=SCALE)
    weighed = sparse.csr_matrix(tissue.X, dtype=np.float32)
    weighed = weighed if used.all() else weighed[:, used]
    # Not muon's lsi, which scales the components to one variance and has no seed.
    svd = TruncatedSVD(n_components, algorithm="arpack", random_state=random_state)
    values = svd.fit_transform(weighed)
    mean, variance = mean_variance_axis(weighed, axis=0)
    return values, svd.components_, mean.astype(np.float64), float(variance.sum())


def _weighed(
    X: np.ndarray | sparse.csr_matrix, peaks: np.ndarray, rarity: np.ndarray, scale: float
) -> sparse.csr_matrix:
    """TF-IDF of some peaks at the depth of all, by a given rarity; muon would compute the rarity from these spots."""
    counts = sparse.csr_matrix(X, dtype=np.float32)
    depth = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    share = sparse.diags(np.where(depth > 0, scale / np.where(depth > 0, depth, 1), 0)) @ counts[:, peaks]
    return sparse.csr_matrix(share.log1p() @ sparse.diags(rarity))
