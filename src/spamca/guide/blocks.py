"""Blocks of components, one a modality, from features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.noise import Neighbourhoods, noise_whitening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.noise import Whitening

_RIDGE = 1e-6


@dataclass(frozen=True)
class Block:
    """Components of one modality.

    Parameters
    ----------
    values
        Shape (n, r); rows of spots that lack the modality are zero.
    weight
        What the modality's likelihood is raised to.
    present
        Which spots have the modality, booleans of shape (n,), or None for all.
    modality
        Number of the modality.
    whitening
        What made the components of its features, where that is known.
    """

    values: np.ndarray
    weight: float = 1.0
    present: np.ndarray | None = None
    modality: int = 0
    whitening: Whitening | None = None

    def take(self, spots: np.ndarray) -> Block:
        """The block of some of the spots."""
        present = None if self.present is None else self.present[spots]
        return replace(self, values=self.values[spots], present=present)

    @cached_property
    def size(self) -> float:
        """Number of spots that have the modality."""
        return float(len(self.values) if self.present is None else np.count_nonzero(self.present))

    @cached_property
    def total(self) -> np.ndarray:
        """Covariance (r, r) of all spots."""
        return self.covariance(self.values)

    def covariance(self, left: np.ndarray) -> np.ndarray:
        """Covariance (r, r) of rows (n, r) that are zero where a spot lacks the modality."""
        return left.T @ left / max(self.size, 1) + _RIDGE * np.eye(left.shape[1])

    def means(self, assignment: np.ndarray) -> np.ndarray:
        """Means (K, r) of the domains, from their assignment (n, K)."""
        return self._means(assignment)[0]

    def moments(self, assignment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means (K, r) of the domains, from their assignment (n, K), and covariance within them (r, r)."""
        means, size = self._means(assignment)
        return means, self.total - (means.T * size) @ means / max(size.sum(), 1e-12)

    def sizes(self, assignment: np.ndarray) -> np.ndarray:
        """Spots of each domain that have the modality, shape (K,)."""
        return np.einsum("nk->k", assignment) if self.present is None else self.present @ assignment

    def _means(self, assignment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = self.sizes(assignment)
        return (assignment.T @ self.values) / np.maximum(size, 1e-12)[:, None], size


def masks(present: np.ndarray | None, n_modalities: int) -> list[np.ndarray | None]:
    """Which spots have each modality, booleans of shape (n,) or None for all, from ``present`` (n, M) or None."""
    if present is None:
        return [None] * n_modalities
    return [None if own.all() else own for own in present.T]


def whitened_blocks(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    weights: Sequence[float] | None,
    has: Sequence[np.ndarray | None],
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
    has
        Which spots have each modality, as from :func:`masks`.

    Returns
    -------
    At most M blocks.
    """
    blocks, everywhere = [], Neighbourhoods(adjacency)
    for m, (values, own) in enumerate(zip(features, has, strict=True)):
        weight = 1.0 if weights is None else weights[m]
        if weight <= 0 or (own is not None and not own.any()):
            continue
        if own is None:
            whitening, components = noise_whitening(values, everywhere)
        else:
            spots = np.flatnonzero(own)
            whitening, there = noise_whitening(values[spots], Neighbourhoods(adjacency[spots][:, spots]))
            components = np.zeros((len(own), there.shape[1]))
            components[spots] = there
        if components.shape[1]:
            blocks.append(Block(components, weight, own, m, whitening))
    return blocks
