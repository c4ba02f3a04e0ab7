"""Number of threads, and precision, for the size of the problem."""

from __future__ import annotations

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from spamca import _threads

SPOTS = 50_000
"""Below this many spots a second thread costs more than it saves, and far more on a busy machine."""


def fitting_threads(n_spots: int) -> threadpool_limits:
    """One thread for NumPy and scikit-learn where the tissue is small; the caller's number otherwise and afterwards."""
    return threadpool_limits(limits=1 if n_spots < SPOTS else None)


def float_of(n_spots: int) -> type[np.floating[Any]]:
    """Precision of arrays of so many spots: single where they take several blocks (:func:`spamca._threads.in_blocks`)."""
    return np.float64 if n_spots <= _threads.ROWS else np.float32
