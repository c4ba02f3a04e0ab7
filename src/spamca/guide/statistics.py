"""Sums that the Gaussians of domains are estimated from, for many assignments at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spamca.guide.blocks import Block

RIDGE = 1e-5
"""Added to the covariance within domains, in units of each component's variance: single precision resolves no less."""


class Statistics:
    """Components of all modalities side by side, in single precision.

    A column beside each block tells who has the modality: one product gives sums and sizes, another the scores.

    Parameters
    ----------
    blocks
        Components of the modalities.
    n_spots
        Number of spots n.
    noise
        Variance of noise, added to the covariance within domains in every direction.

    Attributes
    ----------
    features
        Float32 of shape (n, r_1 + 1 + r_2 + 1 + ...).
    columns
        Components of each modality among them; the column after tells who has it.
    """

    def __init__(self, blocks: Sequence[Block], n_spots: int, *, noise: float = 0.0) -> None:
        self.blocks, self.noise = blocks, noise
        ends = np.cumsum([block.values.shape[1] + 1 for block in blocks])
        self.columns = [slice(e - block.values.shape[1] - 1, e - 1) for e, block in zip(ends, blocks, strict=True)]
        self.features = np.empty((n_spots, ends[-1] if len(ends) else 0), dtype=np.float32)
        for columns, block in zip(self.columns, blocks, strict=True):
            self.features[:, columns] = block.values
            self.features[:, columns.stop] = 1 if block.present is None else block.present

    def sums(self, assignments: np.ndarray) -> np.ndarray:
        """Sums of the features over domains, from B assignments (n, K, B): float64 of shape (B, K, number of features)."""
        n, k, b = assignments.shape
        sums = (self.features.T @ assignments.reshape(n, k * b)).reshape(-1, k, b).transpose(2, 1, 0)
        return sums.astype(np.float64)

    def moments(self, assignments: np.ndarray) -> Iterator[tuple[Block, slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Of each block its columns, means (B, K, r), covariance within domains (B, r, r) and sizes (B, K)."""
        sums = self.sums(assignments)
        for block, columns in zip(self.blocks, self.columns, strict=True):
            size = sums[:, :, columns.stop]
            means = sums[:, :, columns] / np.maximum(size, 1e-12)[:, :, None]
            between = means.transpose(0, 2, 1) @ (means * size[:, :, None])
            within = block.total - between / np.maximum(size.sum(axis=1), 1e-12)[:, None, None]
            ridge = RIDGE * np.diag(block.total) + self.noise
            yield block, columns, means, within + np.diag(ridge), size
