"""Number of threads, and precision, for the size of the problem."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from spamca import _threads

if TYPE_CHECKING:
    from collections.abc import Iterator

SPOTS = 50_000
"""Below this many spots a second thread costs more than it saves, and far more on a busy machine."""


# Whether there is one thread already: to ask all libraries takes milliseconds.
_alone = ContextVar("alone", default=False)


@contextmanager
def fitting_threads(n_spots: int) -> Iterator[None]:
    """One thread for NumPy and scikit-learn where the tissue is small; the caller's number otherwise and afterwards."""
    if n_spots >= SPOTS or _alone.get():
        yield
        return
    before = _alone.set(True)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        _alone.reset(before)


def float_of(n_spots: int) -> type[np.floating[Any]]:
    """Precision of arrays of so many spots: single where they take several blocks (:func:`spamca._threads.in_blocks`)."""
    return np.float64 if n_spots <= _threads.ROWS else np.float32
