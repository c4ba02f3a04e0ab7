"""From components back to features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spamca.features._fitted import Fitted

_ROWS = 2**12  # spots worked on together


def to_features(components: np.ndarray, fitted: Fitted) -> np.ndarray:
    r"""Features that some components stand for, in the units that the preparation brought them to.

    .. math:: \hat x_{ij} = m_j + s_j \Big(c_j + \sum_k z_{ik} l_{jk}\Big)

    with loadings l, centre c, and deviation s and mean m of the features where the preparation scaled them. What lies outside the
    components is at its mean.

    Parameters
    ----------
    components
        Shape (n_spots, n_components).
    fitted
        The preparation.

    Returns
    -------
    Float32 of shape (n_spots, n_features), NaN for features without loadings.
    """
    used = fitted.used()
    columns = {name: np.asarray(values)[used] for name, values in fitted.columns.items()}
    scale = columns.get("deviation", np.ones(used.sum()))
    # A matrix that stayed sparse was divided by its deviations but not centred before.
    mean = 0 if fitted.constants.get("sparse") else columns.get("mean", 0)
    level = (mean + scale * columns["centre"]).astype(np.float32)
    loadings = (np.asarray(fitted.loadings)[used] * scale[:, None]).T.astype(np.float32)
    out = np.full((len(components), len(used)), np.nan, dtype=np.float32)
    for begin in range(0, len(components), _ROWS):
        rows = slice(begin, begin + _ROWS)
        out[rows, used] = np.asarray(components[rows], dtype=np.float32) @ loadings + level
    return out
