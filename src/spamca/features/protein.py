"""Proteins: counts of antibodies, whose depth is mostly staining."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.features._blocks import on_rows
from spamca.features._linear import scaled_pca, treat_scaled

if TYPE_CHECKING:
    from scipy import sparse

    from spamca.features._blocks import Matrix
    from spamca.features._features import Features, Fitted


def prepare_protein(
    X: Matrix, *, n_components: int = 30, chosen: np.ndarray | None = None, random_state: int = 0, **_: Any
) -> Features:
    r"""Centred log ratio of counts within each spot, scale, and principal components, of all proteins or those ``chosen``.

    .. math:: \tilde x_{ij} = \log\left(1 + x_{ij} / \exp \tfrac{1}{p} \sum_l \log(1 + x_{il})\right)

    with p proteins (Stoeckius et al. 2017), as :func:`muon.prot.pp.clr` gives it, which takes seconds to import.
    """
    features = scaled_pca(level_protein(X), n_components=n_components, chosen=chosen, random_state=random_state)
    return replace(features, steps=("centred log ratio", *features.steps))


def treat_protein(X: Matrix, position: np.ndarray, fitted: Fitted) -> tuple[Matrix, Fitted]:
    """Treat other spots: ratios are centred over the proteins that are there."""
    return treat_scaled(X, position, fitted, lambda rows, columns: _log_ratios(rows[:, columns]))


def level_protein(X: Matrix) -> Matrix:
    """Centred log ratios."""
    return on_rows(_log_ratios, X, sparse=False)


def _log_ratios(X: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    counts = np.array(X if isinstance(X, np.ndarray) else X.toarray(), dtype=np.float32, order="C")
    return np.log1p(counts / np.exp(np.log1p(counts).mean(axis=1, keepdims=True)))
