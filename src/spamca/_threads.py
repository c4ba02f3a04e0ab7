"""The number of threads that a call may use, and blocks of rows that they share."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from threadpoolctl import ThreadpoolController

ROWS = 2**16
"""Rows of a block: tissue that one block holds is small."""

S = TypeVar("S")
T = TypeVar("T")


def in_blocks(work: Callable[[slice], T], n_rows: int) -> list[T]:
    """What some work on each block of :data:`ROWS` rows gives, as :func:`in_threads`."""
    if 0 < n_rows <= ROWS:  # small tissue asks thousands of times
        return [work(slice(0, n_rows))]
    return in_threads(work, [slice(begin, min(begin + ROWS, n_rows)) for begin in range(0, n_rows, ROWS)])


def in_threads(work: Callable[[S], T], parts: Sequence[S]) -> list[T]:
    """What some work on each part gives, in their order; several parts are shared by threads.

    NumPy then takes one thread for each part, so that the result is the same for any number of threads.
    """
    blas = _blas()
    allowed = max((one["num_threads"] for one in blas.info()), default=1) if len(parts) > 1 else 1
    if allowed < 2:  # a pool of one thread is slower than none
        return [work(part) for part in parts]
    with blas.limit(limits=1), ThreadPoolExecutor(allowed) as pool:
        return list(pool.map(work, parts))


@cache
def _blas() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def n_threads(n_jobs: int | None) -> int | None:
    """Number of threads that ``n_jobs`` means: None leaves it to the libraries, -1 is all cores, -2 all but one (TypeError, ValueError)."""
    if n_jobs is None:
        return None
    if isinstance(n_jobs, bool) or not hasattr(n_jobs, "__index__"):
        msg = f"n_jobs must be an integer or None, got {n_jobs!r}"
        raise TypeError(msg)
    n_jobs = n_jobs.__index__()
    if n_jobs == 0:
        msg = "n_jobs must be at least 1, or negative to count from the number of cores (-1 uses all), got 0"
        raise ValueError(msg)
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return n_jobs if n_jobs > 0 else max(1, n_cores + 1 + n_jobs)


@contextmanager
def limited(n_jobs: int | None) -> Iterator[None]:
    """Let NumPy, scikit-learn, PyTorch and numba use at most ``n_jobs`` threads; their numbers are restored afterwards."""
    wanted = n_threads(n_jobs)
    if wanted is None:
        yield
        return
    import torch
    from threadpoolctl import threadpool_limits

    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(limits=wanted))
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        if (numba := sys.modules.get("numba")) is not None:
            stack.callback(numba.set_num_threads, numba.get_num_threads())
            numba.set_num_threads(min(wanted, numba.config.NUMBA_NUM_THREADS))
        torch.set_num_threads(wanted)  # last: numba may set that of OpenMP, which is torch's too
        yield
