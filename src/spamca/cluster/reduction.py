"""Principal components of an embedding: what clusters are read from."""

from __future__ import annotations

import numpy as np

from spamca.cluster.readout import Affine

N_COMPONENTS = 20
"""Components that clusters are read from unless others are asked for, as published."""


def principal_components(embedding: np.ndarray, n_components: int, *, random_state: int = 0) -> np.ndarray:
    """Principal components, not rescaled.

    Parameters
    ----------
    embedding
        Shape (n, d).
    n_components
        Number of components wanted. Fewer hide fine differences between clusters; more let noise in, as a mixture with
        full covariance gives each of them the same say.
    random_state
        Seed of the solver for wide embeddings.

    Returns
    -------
    Float64 of shape (n, r) with r at most ``n_components``, d and n.
    """
    return reduce(embedding, n_components, random_state=random_state)[0]


def reduce(embedding: np.ndarray, n_components: int, *, random_state: int = 0) -> tuple[np.ndarray, Affine]:
    """Principal components, as :func:`principal_components` gives them, and the map that leads to them."""
    from sklearn.decomposition import PCA

    embedding = np.asarray(embedding, dtype=np.float64)
    if not np.ptp(embedding, axis=0).any():
        return np.zeros((len(embedding), 1)), Affine(np.zeros((embedding.shape[1], 1)), np.zeros(1))
    pca = PCA(min(n_components, *embedding.shape), random_state=random_state)
    points = pca.fit_transform(embedding)
    return points, Affine(pca.components_.T, pca.components_ @ pca.mean_)
