"""What the preparation of a modality gives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from spamca.features._fitted import Fitted

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    columns, constants
        What was found of each feature and of the tissue, see :class:`~spamca.features.Fitted`.
    """

    key: str
    values: np.ndarray
    loadings_key: str
    loadings: np.ndarray
    variance: np.ndarray
    variance_ratio: np.ndarray
    steps: tuple[str, ...]
    highly_variable: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)

    @property
    def fitted(self) -> Fitted:
        """The preparation, to be applied to other tissue."""
        return Fitted(self.loadings, self.columns, self.constants)

    def changed(self, **changes: object) -> Features:
        """The same features but for the given fields."""
        return replace(self, **changes)
