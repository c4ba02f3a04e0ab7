"""The preparation of a modality, what it gives, and what is kept to prepare another tissue in the same way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.features._blocks import by_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scipy.sparse import csr_matrix

    from spamca.features._blocks import Blocks

_ROWS = 2**12  # spots computed together


@dataclass(frozen=True)
class Fitted:
    """A preparation with everything that it took from the tissue.

    ``loadings`` are float32 of shape (n_features, n_components), zero for features that were not used. ``columns`` and ``constants``
    hold numbers by name, of each feature, (n_features,), and of all; the column ``"centre"`` is subtracted before the loadings are
    applied.
    """

    loadings: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)

    def take(self, features: np.ndarray) -> Fitted:
        """The preparation of some of the features, by their positions or by booleans."""
        columns = {name: values[features] for name, values in self.columns.items()}
        return Fitted(self.loadings[features], columns, self.constants)

    def used(self) -> np.ndarray:
        """Which features have loadings, booleans of shape (n_features,)."""
        return (self.loadings != 0).any(axis=1)

    def scores(self, values: np.ndarray | csr_matrix | Blocks) -> np.ndarray:
        """Components (n, n_components), float32, of treated features (n, n_features), dense, sparse, or in blocks."""
        loadings = np.asarray(self.loadings, dtype=np.float64)
        level = self.columns["centre"] @ loadings
        return by_rows(lambda rows: np.asarray(rows @ loadings - level, dtype=np.float32), values)

    def to_features(self, components: np.ndarray) -> np.ndarray:
        r"""Features that some components stand for, in the units of the preparation.

        .. math:: \hat x_{ij} = m_j + s_j \Big(c_j + \sum_k z_{ik} l_{jk}\Big)

        with components z (n_spots, n_components), loadings l, centre c, and deviation s and mean m of the features
        where the preparation scaled them. Float32 of shape (n_spots, n_features), NaN for features without loadings.
        """
        used = self.used()
        columns = {name: np.asarray(values)[used] for name, values in self.columns.items()}
        scale = columns.get("deviation", np.ones(used.sum()))
        # A matrix that stayed sparse was divided by its deviations but not centred before.
        mean = 0 if self.constants.get("sparse") else columns.get("mean", 0)
        level = (mean + scale * columns["centre"]).astype(np.float32)
        loadings = (np.asarray(self.loadings)[used] * scale[:, None]).T.astype(np.float32)
        out = np.full((len(components), len(used)), np.nan, dtype=np.float32)
        for begin in range(0, len(components), _ROWS):
            rows = slice(begin, begin + _ROWS)
            out[rows, used] = np.asarray(components[rows], dtype=np.float32) @ loadings + level
        return out


@dataclass(frozen=True, kw_only=True)
class Features(Fitted):
    """A preparation together with the features of its own tissue, and the names under which scanpy or muon keep them."""

    key: str  # in obsm
    values: np.ndarray  # (n_spots, n_components), float32
    loadings_key: str  # in varm
    variance: np.ndarray  # of each component, (n_components,)
    variance_ratio: np.ndarray  # its share of the variance of all features
    steps: tuple[str, ...]  # in words

    def among(self, n_features: int, positions: np.ndarray) -> Features:
        """The same among more features, of which those at other positions are not used: the inverse of ``take``."""
        columns = {name: _among(values, n_features, positions) for name, values in self.columns.items()}
        return replace(self, loadings=_among(self.loadings, n_features, positions), columns=columns)


def _among(values: np.ndarray, n_features: int, positions: np.ndarray) -> np.ndarray:
    out = np.zeros((n_features, *values.shape[1:]), dtype=values.dtype)
    out[positions] = values
    return out
