"""The process of the command: signals that ask it to end, and whether it is the first of several."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""From the keyboard, from a batch system, and from a terminal that closes."""

RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
"""Number of this process among several, as Lightning, torchrun and Slurm set it."""


def is_first(devices: Any = "auto") -> bool:
    """Whether this process writes the outputs; of those that share a training on several devices only the first does."""
    n_devices = len(devices) if isinstance(devices, list) else devices
    if n_devices in ("auto", 1):
        return True
    return next((os.environ[name] for name in RANKS if name in os.environ), "0") == "0"


class Interruption:
    """Let each of :data:`SIGNALS` raise KeyboardInterrupt in the main thread, and remember which one arrived.

    Signals that the process was started to ignore, as by nohup, stay ignored.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._held = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _arrived(self, number: int, frame: object) -> None:
        self.received = number
        if not self._held:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has arrived: Python drops an exception that is raised in a ``__del__``."""
        if self.received is not None:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let signals wait during what is short and must be done as a whole."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before

    @property
    def name(self) -> str:
        """Name of the signal."""
        return signal.Signals(self.received or signal.SIGINT).name

    @property
    def code(self) -> int:
        """Exit code of a process that this signal ended, as in shells."""
        return 128 + (self.received or signal.SIGINT)
