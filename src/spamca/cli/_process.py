"""The process of the command: exit codes, errors, signals, and whether it is the first of several."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from contextlib import contextmanager
from enum import IntEnum
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from spamca._logging import logger
from spamca.cli._watch import SIGNALS, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
"""Number of this process among several, as Lightning, torchrun and Slurm set it."""


REFUSALS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EFBIG,
    errno.ENAMETOOLONG,
    errno.EIO,
)
"""What a file system says of a file that cannot be written: full, over a quota, read-only, and so on."""


class Code(IntEnum):
    """Exit codes of the command; if a signal interrupts it, 128 plus the number of the signal."""

    DONE = 0
    USAGE = 2
    INPUT = 3
    FAILED = 4
    OUTPUT = 5


class CommandError(Exception):
    """An error that is reported in one line, with the exit code of the command."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Any failure while a file is read is an error of the input, except lack of memory."""
    note(os.fsencode(path))
    try:
        yield
        note(b"")
    except (CommandError, MemoryError):
        raise
    except Exception as error:
        raise CommandError(Code.INPUT, f"cannot read {path}: {text_of(error)}") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Report what the file system refuses, also where a library words it as an error of its own."""
    try:
        yield
    except CommandError:
        raise
    except Exception as error:
        if not is_refused(error):
            raise
        of_hdf5 = re.search(r"error message = '([^']+)'", str(error))  # within several lines
        text = of_hdf5[1] if of_hdf5 else text_of(error)
        raise CommandError(Code.OUTPUT, f"cannot write {path}: {text}") from error


@contextmanager
def quiet_hdf5() -> Iterator[None]:
    """Log what h5py prints where HDF5 cannot close a file, which follows from the error that is reported, at level "debug" only."""
    before = sys.unraisablehook, sys.excepthook

    def unraisable(event: Any) -> None:
        if "h5py" in str(event.object):
            logger.debug("HDF5: %s", event.exc_value)
        else:
            before[0](event)

    def printed(kind: Any, error: BaseException, trace: Any) -> None:
        if any("h5py" in frame.f_code.co_filename for frame, _ in walk_tb(trace)):
            logger.debug("HDF5: %s", error)
        else:
            before[1](kind, error, trace)

    sys.unraisablehook, sys.excepthook = unraisable, printed
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = before


def is_refused(error: BaseException | None) -> bool:
    """Whether the file system refused something: an OSError, or one by its text or its cause, as of HDF5 and torch."""
    if error is None or isinstance(error, OSError | UnicodeEncodeError):
        return error is not None
    texts = (os.strerror(number) for number in REFUSALS)
    return any(text in str(error) for text in texts) or is_refused(error.__cause__)


def expected(error: Exception) -> Code | None:
    """The code of an error that needs no traceback: the package refuses a value, or reports that a computation failed."""
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, OSError) and error.errno in REFUSALS:
        return Code.OUTPUT
    if isinstance(error, ArithmeticError | MemoryError):
        return Code.FAILED
    *_, (frame, _) = walk_tb(error.__traceback__)
    ours = frame.f_globals.get("__name__", "").startswith("spamca.")
    return Code.INPUT if ours and isinstance(error, TypeError | ValueError | LookupError) else None


def text_of(error: BaseException) -> str:
    """The message of an error, of a KeyError without quotes around it, or else its name."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text or type(error).__name__


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout; names of files that are no text in the encoding of the system as the bytes that they are."""
    for line in lines:
        try:
            sys.stdout.write(f"{line}\n")
        except UnicodeEncodeError:
            sys.stdout.flush()
            sys.stdout.buffer.write(os.fsencode(line) + b"\n")


def is_first(devices: Any = "auto") -> bool:
    """Whether this process writes the outputs; of those that share a training on several devices only the first does."""
    n_devices = len(devices) if isinstance(devices, list) else devices
    ranks = [os.environ[name] for name in RANKS if name in os.environ]
    return n_devices in ("auto", 1) or ranks[:1] in ([], ["0"])


class Interruption:
    """Let each of :data:`SIGNALS` raise KeyboardInterrupt in the main thread, and remember the ``number`` of the last one.

    Signals that the process was started to ignore, as by nohup, stay ignored.
    """

    def __init__(self) -> None:
        self.received = False
        self.number = signal.SIGINT
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
        self.received, self.number = True, signal.Signals(number)
        if not self._held:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has arrived: Python drops an exception that is raised in a ``__del__``."""
        if self.received:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let signals wait during what is short and must be done as a whole."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
