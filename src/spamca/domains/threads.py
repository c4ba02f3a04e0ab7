"""Number of threads for the size of the problem."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

SPOTS = 50_000
"""Below this many spots a second thread costs more than it saves, and far more on a busy machine."""


def fitting_threads(n_spots: int) -> threadpool_limits:
    """One thread for NumPy and scikit-learn where the tissue is small; the caller's number otherwise and afterwards."""
    return threadpool_limits(limits=1 if n_spots < SPOTS else None)
