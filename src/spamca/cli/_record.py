"""What it takes to get the same result again, and the time and memory of each stage."""

from __future__ import annotations

import json
import platform
import re
import resource
import shlex
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spamca.cli._process import Interruption

PROCESS = Path("/proc/self")
"""What Linux reports of this process; elsewhere only the peak of memory since the process began is known."""


class Record:
    """The record of a command with arguments ``argv``; signals are checked between its stages, ``warned`` grows meanwhile."""

    def __init__(self, argv: list[str], interruption: Interruption, warned: Sequence[str] = ()) -> None:
        self.argv, self.interruption, self.warned = argv, interruption, warned
        self.stages: list[dict[str, Any]] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The block is a stage: log it, and record its time and memory."""
        self.interruption.check()
        logger.info("stage %s", name)
        with suppress(OSError):
            (PROCESS / "clear_refs").write_text("5")  # the peak of memory starts again from what is in use
        start = time.perf_counter()
        yield
        seconds, peak = time.perf_counter() - start, peak_memory()
        self.interruption.check()
        self.stages.append({"stage": name, "seconds": round(seconds, 3), "peak_memory_bytes": peak})
        logger.info("stage %s took %.1f s, at most %.2f GB of memory", name, seconds, peak / 1e9)

    def text(self, **more: Any) -> str:
        """The record so far, as JSON, with ``more``."""
        # Extras may be absent.
        required = (one for one in requires("spamca") or () if "extra ==" not in one)
        packages = sorted({re.split(r"[^\w.-]", requirement)[0] for requirement in required})
        held = {
            "command": shlex.join(["spamca", *self.argv]),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            **more,
            "versions": {"python": platform.python_version()} | {name: version(name) for name in ["spamca", *packages]},
            "platform": platform.platform(),
            "warnings": list(self.warned),
            "stages": self.stages,
        }
        return json.dumps(held, indent=2, default=plain) + "\n"


def peak_memory() -> int:
    """Peak of memory in bytes, since the stage began or else since the process began."""
    with suppress(OSError):
        if found := re.search(r"VmHWM:\s+(\d+)", (PROCESS / "status").read_text()):
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as those of Python, anything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
