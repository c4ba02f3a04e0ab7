"""Exit codes, and which error leads to which."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
    try:
        yield
    except (CommandError, MemoryError):
        raise
    except Exception as error:
        raise CommandError(Code.INPUT, f"cannot read {path}: {text_of(error)}") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Report what the file system refuses."""
    try:
        yield
    except OSError as error:
        raise CommandError(Code.OUTPUT, f"cannot write {path}: {text_of(error)}") from error


def expected(error: Exception) -> Code | None:
    """The code of an error that needs no traceback: the package refuses a value, or reports that a computation failed."""
    if isinstance(error, CommandError):
        return error.code
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    ours = trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("spamca.")
    if isinstance(error, TypeError | ValueError | LookupError) and ours:
        return Code.INPUT
    return Code.FAILED if isinstance(error, ArithmeticError | MemoryError) else None


def text_of(error: BaseException) -> str:
    """The message of an error, of a KeyError without quotes around it, or else its name."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text or type(error).__name__
