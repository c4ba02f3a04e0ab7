"""What a preparation found in one tissue: enough to prepare another in the very same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca.features._blocks import by_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scipy.sparse import csr_matrix

    from spamca.features._blocks import Blocks


@dataclass(frozen=True)
class Fitted:
    """A preparation with everything that it took from the tissue.

    Parameters
    ----------
    loadings
        Shape (n_features, n_components).
    columns
        What it found of each feature, by name, each (n_features,); ``"centre"`` is the mean that it subtracts before the
        loadings are applied.
    constants
        Numbers that it found, by name.
    """

    loadings: np.ndarray
    columns: Mapping[str, np.ndarray]
    constants: Mapping[str, float]

    def take(self, features: np.ndarray) -> Fitted:
        """The preparation of some of the features, by their positions or by booleans."""
        return Fitted(
            self.loadings[features], {name: values[features] for name, values in self.columns.items()}, self.constants
        )

    def used(self) -> np.ndarray:
        """Which features have a say, booleans of shape (n_features,)."""
        return (self.loadings != 0).any(axis=1)

    def scores(self, values: np.ndarray | csr_matrix | Blocks) -> np.ndarray:
        """Components (n, n_components), float32, of treated features (n, n_features), dense, sparse, or in blocks."""
        loadings = np.asarray(self.loadings, dtype=np.float64)
        level = self.columns["centre"] @ loadings
        return by_rows(lambda rows: np.asarray(rows @ loadings - level, dtype=np.float32), values)
