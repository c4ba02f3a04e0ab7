"""Blocks of components, one a modality, from features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.field import Block
from spamca.guide.noise import noise_whitened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix


def whitened_blocks(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    weights: Sequence[float] | None = None,
    present: np.ndarray | None = None,
) -> list[Block]:
    """Noise-whitened components of each modality that is trusted and shows any.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    weights
        What the likelihood of each modality is raised to. None trusts all alike.
    present
        Booleans (n, M), or None where every spot has every modality.

    Returns
    -------
    At most M blocks.
    """
    blocks = []
    for m, values in enumerate(features):
        weight = 1.0 if weights is None else weights[m]
        own = None if present is None or present[:, m].all() else present[:, m]
        if weight <= 0 or (own is not None and not own.any()):
            continue
        spots = slice(None) if own is None else np.flatnonzero(own)
        components = noise_whitened(values[spots], adjacency[spots][:, spots])
        if own is not None:
            spread = np.zeros((len(own), components.shape[1]))
            spread[spots] = components
            components = spread
        if components.shape[1]:
            blocks.append(Block(components, weight, own))
    return blocks
