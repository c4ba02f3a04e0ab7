"""``spamca info``: what a file holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca.cli._exit import Code, CommandError, computing, reading

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from spamca.cli._signals import Interruption


def _tissue(path: Path, **given: Any) -> dict[str, Any]:
    from spamca.cli._describe_tissue import describe

    return describe(path, **given)


def _model(path: Path, **given: Any) -> dict[str, Any]:
    from spamca.cli._describe_model import describe

    return describe(path, **given)


FILES: dict[str, Callable[..., dict[str, Any]]] = {".h5mu": _tissue, ".safetensors": _model}
"""What describes a file, by its suffix."""

IN_FULL = ("calls", "stages")
"""Lists of a record that only JSON shows."""


def info(call: argparse.Namespace, interruption: Interruption) -> None:
    """Describe a file on stdout.

    Parameters
    ----------
    call
        What was typed.
    interruption
        Not looked at: nothing is written.

    Raises
    ------
    CommandError
        If the file cannot be read, or has no such column.
    """
    path = Path(call.input)
    if not path.is_file():
        raise CommandError(Code.INPUT, f"{path} is no file")
    if path.suffix not in FILES:
        raise CommandError(Code.INPUT, f"{path} is of no kind that is known; there are {', '.join(FILES)}")
    with reading(path), computing():
        found = FILES[path.suffix](path, label=call.label, library_key=call.library_key)
    held = {"file": str(path), "bytes": path.stat().st_size, **found}
    lines = [json.dumps(held, indent=2, default=_plain)] if call.json else _lines(held, omitted=IN_FULL)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _lines(held: dict[str, Any], depth: int = 0, *, omitted: tuple[str, ...]) -> Iterator[str]:
    """Names and values, those within others further in."""
    for name, value in held.items():
        if isinstance(value, dict) and value:
            yield f"{'  ' * depth}{name}:"
            yield from _lines(value, depth + 1, omitted=omitted)
        elif value is not None and name not in omitted:
            yield f"{'  ' * depth}{name}: {_word(value)}"


def _word(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(_plain(value))


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as Python's own."""
    return value.tolist() if hasattr(value, "tolist") else value
