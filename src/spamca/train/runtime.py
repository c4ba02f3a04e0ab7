"""What a training runs on: devices, processes and threads, and Lightning kept quiet."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from spamca.nn import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


def n_devices_of(devices: int | str | list[int]) -> int:
    """Number of devices: ``"auto"`` is one."""
    if isinstance(devices, str):
        return 1
    return devices if isinstance(devices, int) else len(devices)


def accelerator_of(accelerator: str) -> str:
    """``"auto"`` is CUDA where there is one, and else the CPU: MPS, Lightning's choice, is slow at sparse products."""
    if accelerator != "auto":
        return accelerator
    return "cuda" if torch.cuda.is_available() else "cpu"


def strategy_of(strategy: str, n_devices: int) -> str:
    """``"auto"`` with several devices is processes that share batches, forked where code is typed in."""
    if strategy != "auto" or n_devices == 1:
        return strategy
    from lightning.fabric.utilities.imports import _IS_INTERACTIVE

    return "ddp_notebook" if _IS_INTERACTIVE else "ddp"


def forks(strategy: str, devices: int | str | list[int]) -> bool:
    """Whether processes are forked from this one, which then may not have used CUDA."""
    return strategy_of(strategy, n_devices_of(devices)) in ("ddp_fork", "ddp_notebook")


def check_forking(accelerator: str, strategy: str, devices: int | str | list[int]) -> None:
    """Whether processes that are forked can use the GPU: a RuntimeError if CUDA was used in this process."""
    if accelerator != "cpu" and forks(strategy, devices) and torch.cuda.is_initialized():
        msg = (
            f"devices={devices!r} with strategy={strategy!r} forks this process, which CUDA does not allow once it was "
            "used here; restart the kernel and run spamca.pp.neighbors(mdata, approximate=True) there, or run the "
            "call from a script"
        )
        raise RuntimeError(msg)


@contextmanager
def threads(n_spots: int) -> Iterator[int]:
    """As many threads as the size of the problem needs, up to the caller's number; restored afterwards."""
    before = torch.get_num_threads()
    wanted = min(before, max(1, -(-n_spots // Settings.spots_per_thread)))
    torch.set_num_threads(wanted)
    try:
        yield wanted
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence Lightning's notes, and let the user's interrupt reach the caller: Lightning would leave the interpreter."""
    log = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    level, main = log.level, threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings(
                "ignore", message=".*lightning.*|.*does not have many workers.*|find_unused_param.*"
            )
            warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
            yield
    except SystemExit as error:
        raise KeyboardInterrupt from error
    finally:
        log.setLevel(level)
        if main:
            signal.signal(signal.SIGINT, handler)
