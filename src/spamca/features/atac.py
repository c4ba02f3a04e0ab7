"""Chromatin: sparse counts of very many peaks or tiles."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, by_rows, on_rows
from spamca.features._features import Features
from spamca.features._linear import laid_out
from spamca.features._spectrum import spectrum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.features._fitted import Fitted

SCALE = 1e4
"""Counts that the depth of a spot is scaled to."""

DEPTH = 0.75
"""Correlation with the depth of the spots above which the first component is depth (ArchR's cut-off)."""


def prepare_atac(
    X: np.ndarray | sparse.csr_matrix | Blocks,
    *,
    n_components: int = 30,
    n_top_genes: int = 3000,
    random_state: int = 0,
) -> Features:
    r"""Weigh peaks by how few spots have them, and find latent semantic components (Cusanovich et al. 2015).

    .. math:: \tilde x_{ij} = \log(1 + 10^4 x_{ij} / \textstyle\sum_l x_{il}) \log(1 + n / \textstyle\sum_k x_{kj})

    by :func:`muon.atac.pp.tfidf`, then a truncated singular value decomposition. The first component is left out where it
    follows the depth of the spots.

    Parameters
    ----------
    X
        Counts, (n_spots, n_peaks), not negative.
    n_components
        Number of components.
    n_top_genes
        Not used; all peaks are kept.
    random_state
        Seed of the decomposition.

    Raises
    ------
    ValueError
        If fewer than two peaks, or fewer than two spots, have counts.
    """
    counts = X
    if isinstance(X, Blocks):
        depth, totals = X.look.depth, X.look.totals
    else:
        counts = sparse.csr_matrix(X, dtype=np.float32, copy=True)
        counts.eliminate_zeros()
        depth, totals = (np.asarray(counts.sum(axis=axis), dtype=np.float64).ravel() for axis in (1, 0))
    used = totals > 0
    n_found = min(n_components + 1, used.sum() - 1, (depth > 0).sum() - 1)
    if n_found < 1:
        msg = f"latent semantic components need counts in two features and two spots, got {used.sum()} and {(depth > 0).sum()}"
        raise ValueError(msg)
    rarity = np.log1p(len(depth) / totals[used])
    decompose = _decompose_blocks if isinstance(X, Blocks) else _decompose
    values, axes, centre, variance = decompose(counts, used, rarity, n_found, random_state)
    first = int(n_found > 1 and abs(_correlation(values[:, 0], np.log1p(depth))) > DEPTH)
    kept = slice(first, first + n_components)
    values = values[:, kept] - values[:, kept].mean(axis=0)
    loadings = np.zeros((len(used), values.shape[1]), dtype=np.float32)
    loadings[used] = axes[kept].T
    spread = values.var(axis=0, dtype=np.float64)
    return Features(
        key="X_lsi",
        values=np.ascontiguousarray(values, dtype=np.float32),
        loadings_key="LSI",
        loadings=loadings,
        variance=spread,
        variance_ratio=spread / variance,
        steps=_steps(values.shape[1], left_out=first),
        columns={"rarity": laid_out(rarity, used, len(used)), "centre": laid_out(centre, used, len(used))},
        constants={"scale": SCALE},
    )


def _decompose(
    counts: sparse.csr_matrix, used: np.ndarray, rarity: np.ndarray, n_components: int, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Scores, axes, mean of each peak, and variance of all together."""
    from anndata import AnnData
    from sklearn.decomposition import TruncatedSVD
    from sklearn.utils.sparsefuncs import mean_variance_axis

    tissue = AnnData(counts[:, used])
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore")  # muon's own, at import; spots without counts stay without
        from muon import atac

        atac.pp.tfidf(tissue, scale_factor=SCALE)
    weighed = sparse.csr_matrix(tissue.X, dtype=np.float32)
    svd = TruncatedSVD(n_components, algorithm="arpack", random_state=random_state)
    values = svd.fit_transform(weighed)
    mean, variance = mean_variance_axis(weighed, axis=0)
    return values, svd.components_, mean.astype(np.float64), float(variance.sum())


def _decompose_blocks(
    counts: Blocks, used: np.ndarray, rarity: np.ndarray, n_components: int, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    weighed = counts.treat(lambda rows: _weighed(rows, used, rarity, SCALE).astype(np.float32))
    found = spectrum(weighed, np.zeros(used.sum()), n_components, centred=False, random_state=random_state)
    scores = by_rows(lambda rows: (rows @ found.axes.T).astype(np.float32), weighed)
    return scores, found.axes, found.mean, found.variance


def treat_atac(
    X: np.ndarray | sparse.csr_matrix | Blocks, position: np.ndarray, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix | Blocks, Fitted]:
    """Treat other spots before the loadings are applied, peaks weighed by how few spots of the first tissue had them.

    Parameters
    ----------
    X
        Counts, (n_spots, n_peaks).
    position
        Column of each peak of the preparation, integers of shape (n_features,), -1 where it is missing: it counts as its mean.
    fitted
        The preparation.

    Returns
    -------
    Treated features (n_spots, n_known), and the preparation of those.
    """
    here = position >= 0
    known = fitted.take(here)
    rarity, scale = known.columns["rarity"], known.constants["scale"]
    return on_rows(lambda rows: _weighed(rows, position[here], rarity, scale), X), known


def _weighed(
    X: np.ndarray | sparse.csr_matrix, peaks: np.ndarray, rarity: np.ndarray, scale: float
) -> sparse.csr_matrix:
    """TF-IDF of some peaks; the depth of a spot is that of all."""
    counts = sparse.csr_matrix(X, dtype=np.float32)
    depth = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    share = sparse.diags(np.where(depth > 0, scale / np.where(depth > 0, depth, 1), 0)) @ counts[:, peaks]
    return sparse.csr_matrix(share.log1p() @ sparse.diags(rarity))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norm) if norm > 0 else 0.0


def _steps(n_components: int, *, left_out: int) -> Sequence[str]:
    found = f"{n_components} latent semantic components"
    return ("TF-IDF", f"{found} after the first, which is depth" if left_out else found)
