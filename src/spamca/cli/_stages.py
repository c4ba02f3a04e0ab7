"""Time and memory of each stage of a command."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.cli._signals import Interruption

EVERY = 0.05
"""Seconds between two looks at the memory in use."""

PAGES = Path("/proc/self/statm")
"""Where Linux tells it; elsewhere only the peak of the whole process is known."""


class Stages:
    """Runs stages one after the other, tells of them in the log, and keeps what they took.

    Parameters
    ----------
    interruption
        Looked at between stages.
    """

    def __init__(self, interruption: Interruption) -> None:
        self.interruption = interruption
        self.done: list[dict[str, Any]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """A stage: what stands in the block."""
        self.interruption.check()
        logger.info("stage %s", name)
        start = time.perf_counter()
        with Memory() as memory:
            yield
        seconds = time.perf_counter() - start
        self.interruption.check()
        self.done.append({"stage": name, "seconds": round(seconds, 3), "peak_memory_bytes": memory.peak})
        logger.info("stage %s took %.1f s, at most %.2f GB of memory", name, seconds, memory.peak / 1e9)


class Memory:
    """Largest memory that the process held during a block.

    The system knows the largest since the process began. Where a block raised it, that is it; where not, the largest seen by
    looking every :data:`EVERY` seconds is.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._done = threading.Event()
        self._seen = 0

    def __enter__(self) -> Memory:
        self._before = process_peak()
        self._look()
        self._watch = threading.Thread(target=self._watching, name="memory", daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._watch.join()
        self._look()
        after = process_peak()
        self.peak = after if after > self._before or not self._seen else self._seen

    def _watching(self) -> None:
        while not self._done.wait(EVERY):
            self._look()

    def _look(self) -> None:
        if PAGES.exists():
            self._seen = max(self._seen, int(PAGES.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))


def process_peak() -> int:
    """Largest memory since the process began, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
