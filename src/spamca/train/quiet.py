"""What Lightning says and does that is not for the caller of a function."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning from telling about devices that are not used and workers that a batch in memory does not need."""
    log = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", message=".*lightning.*|.*does not have many workers.*")
            warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
            yield
    finally:
        log.setLevel(level)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt by the user reach the caller as such.

    Lightning answers it by leaving the interpreter, and ignores every further interrupt.
    """
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    try:
        yield
    except SystemExit as error:
        raise KeyboardInterrupt from error
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
