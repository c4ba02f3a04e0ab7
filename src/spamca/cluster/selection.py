"""Choice of one partition among several of nearly equal likelihood."""

from __future__ import annotations

import numpy as np

SELECTIONS = ("coherence", "agreement", "likelihood")
"""What can decide: spatial coherence, agreement between starts, or the likelihood alone."""

BAND = 0.1
"""Share of the likelihood that a choice may give up, of what clusters gain over one single Gaussian."""


def select(selection: str, *, gain: np.ndarray, agreement: np.ndarray, coherence: np.ndarray) -> int:
    """Choose among the partitions whose likelihood is nearly the best.

    The likelihood of a mixture has many optima of nearly the same height, and which of them is highest changes with
    every small change of the points. Within :data:`BAND` of the best it is therefore left to another measure, unless
    it is to decide alone.

    Parameters
    ----------
    selection
        One of :data:`SELECTIONS`.
    gain
        Rise of the log-likelihood over that of a single Gaussian, shape (S,).
    agreement
        Mean agreement of each partition with all others, shape (S,).
    coherence
        Spatial coherence, shape (S,).

    Returns
    -------
    Position of the chosen one.
    """
    score = {"coherence": coherence, "agreement": agreement, "likelihood": gain}[selection]
    return int(np.where(gain >= gain.max() - BAND * abs(gain.max()), score, -np.inf).argmax())
