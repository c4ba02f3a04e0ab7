"""The process of the command: its threads, its progress bars, and whether it is the first of several."""

from __future__ import annotations

import os
import sys
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What the libraries read when they are imported."""

RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
"""Number of this process among several, as Lightning, torchrun and Slurm set it."""

BAR_EVERY = "30"
"""Seconds between two states of a progress bar if stderr is no terminal."""


def set_up(n_threads: int | None) -> None:
    """Set what libraries read from the environment; call it before they are imported."""
    if n_threads is not None:
        os.environ.update(dict.fromkeys(THREADS, str(n_threads)))
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", BAR_EVERY)


def is_first(devices: Any = "auto") -> bool:
    """Whether this process writes the outputs; of those that share a training on several devices only the first does."""
    n_devices = len(devices) if isinstance(devices, list) else devices
    if n_devices in ("auto", 1):
        return True
    return next((os.environ[name] for name in RANKS if name in os.environ), "0") == "0"
