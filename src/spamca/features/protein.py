"""Proteins: counts of antibodies, whose depth is mostly staining."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from spamca.features._blocks import Blocks, on_rows
from spamca.features._linear import scaled_pca, treat_scaled

if TYPE_CHECKING:
    from spamca.features._features import Features
    from spamca.features._fitted import Fitted


def prepare_protein(
    X: np.ndarray | sparse.csr_matrix | Blocks,
    *,
    n_components: int = 30,
    n_top_genes: int = 3000,
    random_state: int = 0,
) -> Features:
    r"""Centred log ratio within each spot, scale, and principal components.

    .. math:: \tilde x_{ij} = \log\left(1 + x_{ij} / \exp \tfrac{1}{p} \sum_l \log(1 + x_{il})\right)

    with p proteins (Stoeckius et al. 2017), by :func:`muon.prot.pp.clr`.

    Parameters
    ----------
    X
        Counts, (n_spots, n_proteins), not negative.
    n_components
        Number of principal components.
    n_top_genes
        Not used; all proteins are kept.
    random_state
        Seed of the decomposition.
    """
    ratios = X.treat(_log_ratios, dense=True) if isinstance(X, Blocks) else _log_ratios(X)
    features = scaled_pca(ratios, n_components=n_components, random_state=random_state)
    return features.changed(steps=("centred log ratio", *features.steps))


def treat_protein(
    X: np.ndarray | sparse.csr_matrix | Blocks, position: np.ndarray, fitted: Fitted
) -> tuple[np.ndarray | sparse.csr_matrix | Blocks, Fitted]:
    """Treat other spots before the loadings are applied.

    Parameters
    ----------
    X
        Counts, (n_spots, n_proteins).
    position
        Column of each protein of the preparation, integers of shape (n_features,), -1 where it is missing: log ratios are
        centred over those that are there, and it counts as its mean.
    fitted
        The preparation.

    Returns
    -------
    Treated features (n_spots, n_known), and the preparation of those.
    """
    here = position >= 0
    known = on_rows(lambda rows: _log_ratios(rows[:, position[here]]), X)
    return treat_scaled(known, fitted.take(here))


def _log_ratios(X: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    from anndata import AnnData

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # muon's own, at import
        from muon import prot

        counts = AnnData(np.array(X.toarray() if sparse.issparse(X) else X, dtype=np.float32, order="C"))
        prot.pp.clr(counts, axis=1)
    return counts.X
