"""A second process that speaks for the first where that ends without a word: a library that reads a damaged file may crash."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""From the keyboard, from a batch system, and from a terminal that closes."""

DONE = b"\0"
"""What is sent at the end of a process that could speak for itself."""

_pipe: list[int] = []  # to the second process, if there is one


@contextmanager
def watched() -> Iterator[None]:
    """Start the second process, where the system can copy this one, and end it with the block.

    It waits without using time or memory, and writes to stderr if this process is gone before the block is.
    """
    if not hasattr(os, "fork"):
        yield
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(theirs)
        _wait(ours)
    os.close(ours)
    _pipe.append(theirs)
    try:
        yield
    finally:
        note(DONE)
        os.close(_pipe.pop())
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def note(doing: bytes) -> None:
    """Tell the second process, if there is one, what this one is doing now; nothing that could be the cause if it is empty."""
    for pipe in _pipe:
        with suppress(OSError):
            os.write(pipe, doing + b"\n")


def _wait(pipe: int) -> None:
    """Read what the other process does until it is gone; never returns."""
    try:
        for number in SIGNALS:  # they are for the other process
            signal.signal(number, signal.SIG_IGN)
        os.close(1)  # whoever reads stdout need not wait for this process
        heard = b""
        while part := os.read(pipe, 65536):
            heard = (heard + part)[-65536:]
        *_, last = [b"", *heard.split(b"\n")[:-1]]
        if last != DONE:
            why = b"it was killed, or a library crashed (lack of memory?)"
            if last:
                why = b"cannot read " + last + b": the file is damaged, or the process was killed (lack of memory?)"
            os.write(2, b"spamca: the process ended without a word; " + why + b"\n")
    finally:
        os._exit(0)
