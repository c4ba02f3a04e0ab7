"""What the preparation of a modality gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Features:
    """Features of a modality's spots.

    Parameters
    ----------
    key
        Name under which scanpy or muon keep such features in ``obsm``.
    values
        Shape (n_spots, n_components), float32.
    loadings_key
        Name under which they keep the loadings in ``varm``.
    loadings
        Shape (n_features, n_components), float32; rows of features that were not used are zero.
    variance, variance_ratio
        Variance of each component, and its share of all variance, both (n_components,).
    steps
        What was done, in words.
    highly_variable
        Features used, booleans of shape (n_features,), for kinds that choose; else None.
    """

    key: str
    values: np.ndarray
    loadings_key: str
    loadings: np.ndarray
    variance: np.ndarray
    variance_ratio: np.ndarray
    steps: tuple[str, ...]
    highly_variable: np.ndarray | None = None

    def changed(self, **changes: object) -> Features:
        """The same features but for the given fields."""
        return replace(self, **changes)
