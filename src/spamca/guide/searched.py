"""The best partition of one field, from starts of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.field import Field
from spamca.guide.filling import fill
from spamca.guide.halves import halves
from spamca.guide.search import search
from spamca.guide.starts import LEAST_WEIGHT, average, starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

LONG, SHORT = 60, 10
"""Steps of the field where the search ends, and where what it found is carried to all of a large tissue."""


def searched(
    blocks: Sequence[Block],
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    n_domains: int,
    weights: Sequence[float],
    has: Sequence[np.ndarray | None],
    rng: np.random.Generator,
) -> tuple[Field, np.ndarray]:
    """The field of these spots and the best assignment that the search finds in it.

    Parameters
    ----------
    blocks
        Components of the modalities.
    features
        Features of each modality, (n, d_m), which the starts come from.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K, at least 2.
    weights
        How far each modality is trusted.
    has
        Which spots have each modality, as from :func:`~spamca.guide.blocks.masks`.
    rng
        Source of samples and starts.

    Returns
    -------
    The field, and an assignment (n, K) that has relaxed with one covariance for all domains.
    """
    field, components = Field(blocks, adjacency), joined(blocks, adjacency)
    proposals = starts(_views(features, adjacency, weights, has), components, adjacency, n_domains, rng)
    return field, search(field, proposals, n_domains, halving(components, adjacency))


def joined(blocks: Sequence[Block], adjacency: csr_matrix) -> np.ndarray:
    """Components of all modalities side by side, (n, r); rows that lack a modality are filled from their neighbours."""
    return np.hstack([np.sqrt(b.weight) * fill(b.values, b.present, adjacency) for b in blocks])


def halving(components: np.ndarray, adjacency: csr_matrix) -> Callable[[np.ndarray], np.ndarray]:
    """How a domain is split: by its components (n, r), smoothed twice. From positions of spots to booleans."""
    step = average(adjacency)
    smooth = step @ (step @ components)
    return lambda spots: halves(smooth[spots])


def _views(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    weights: Sequence[float],
    has: Sequence[np.ndarray | None],
) -> list[np.ndarray]:
    scaled, alone = [], []
    for values, weight, own in zip(features, weights, has, strict=True):
        values = np.asarray(values, dtype=np.float64)
        if own is not None and not own.any():
            continue
        values = values[:, np.ptp(values if own is None else values[own], axis=0) > 0]
        if not values.shape[1]:
            continue
        values = values - (values if own is None else values[own]).mean(axis=0)
        if own is not None:
            values = fill(np.where(own[:, None], values, 0), own, adjacency)
        scaled.append(np.sqrt(weight) / np.sqrt(np.square(values).mean()) * values)
        if weight >= LEAST_WEIGHT:
            alone.append(scaled[-1])
    return [np.hstack(scaled), *(alone if len(scaled) > 1 else [])]
