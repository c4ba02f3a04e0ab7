"""Silhouette of a partition."""

from __future__ import annotations

import numpy as np

MAX_SPOTS = 5_000
"""Silhouettes compare all pairs: past this many spots, a sample of so many is compared."""


def silhouette(labels: np.ndarray, embedding: np.ndarray, *, random_state: int = 0) -> float:
    r"""Mean over spots of (b - a) / max(a, b) (Rousseeuw 1987).

    a is the mean distance to the spots of the same domain, b that to the nearest other domain.

    Parameters
    ----------
    labels
        Domains, whole numbers of shape (n_spots,).
    embedding
        Where distances are measured, (n_spots, n_latent).
    random_state
        Seed of the sample.

    Returns
    -------
    From -1 to 1; NaN with a single domain, or with no two spots in any.
    """
    from sklearn.metrics import silhouette_score

    # Not scikit-learn's own sample_size: it raises where the sample happens to hold one domain only.
    if len(labels) > MAX_SPOTS:
        sample = np.random.default_rng(random_state).choice(len(labels), MAX_SPOTS, replace=False)
        labels, embedding = labels[sample], embedding[sample]
    if not 1 < len(np.unique(labels)) < len(labels):
        return float("nan")
    return float(silhouette_score(embedding, labels))
