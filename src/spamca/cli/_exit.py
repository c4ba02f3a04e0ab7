"""Exit codes, and which error is which."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Code(IntEnum):
    """What the command ends with; an interrupted one ends with 128 and the number of the signal."""

    DONE = 0
    USAGE = 2
    INPUT = 3
    FAILED = 4
    OUTPUT = 5


class CommandError(Exception):
    """An error that is told in one line, with the code that the command ends with."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong while a file is read is the file's fault, but for memory that does not suffice."""
    try:
        yield
    except CommandError:
        raise
    except MemoryError as error:
        raise CommandError(Code.FAILED, f"out of memory while reading {path}") from error
    except Exception as error:
        raise CommandError(Code.INPUT, f"cannot read {path}: {text_of(error)}") from error


@contextmanager
def computing() -> Iterator[None]:
    """Tell apart what the package refuses, what it says has failed, and what nobody expected."""
    try:
        yield
    except CommandError:
        raise
    except (TypeError, ValueError, LookupError) as error:
        if not _judged(error):
            raise
        raise CommandError(Code.INPUT, text_of(error)) from error
    except (ArithmeticError, MemoryError) as error:
        raise CommandError(Code.FAILED, text_of(error) or type(error).__name__) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the file system refuses."""
    try:
        yield
    except OSError as error:
        raise CommandError(Code.OUTPUT, f"cannot write {path}: {text_of(error)}") from error


def text_of(error: BaseException) -> str:
    """What an error says; that of a KeyError without the quotes around it."""
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def _judged(error: BaseException) -> bool:
    """Whether the error was raised by this package, which judges its input, and not by one that it calls."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("spamca.")
