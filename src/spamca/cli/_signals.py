"""Signals that ask the process to end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""From the keyboard, from a batch system, and from a terminal that closes."""


class Interruption:
    """Let every signal of :data:`SIGNALS` raise KeyboardInterrupt in the main thread, and keep which it was.

    Signals that whoever started the process has it ignore, as nohup does, stay ignored.
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
        """Raise again what was lost: Python drops an exception that meets the end of an object's life.

        Raises
        ------
        KeyboardInterrupt
            If a signal has arrived.
        """
        if self.received is not None:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Signals wait, for what is short and must be done as a whole."""
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
        """What a process ends with that this signal ended, as shells count."""
        return 128 + (self.received or signal.SIGINT)
