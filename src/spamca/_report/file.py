"""The file of a report: written aside, and renamed when it is complete."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def check_free(path: Path, *, overwrite: bool) -> None:
    """Whether the file can be written: FileExistsError, FileNotFoundError or IsADirectoryError if not."""
    if path.is_dir():
        msg = f"path={str(path)!r} is a folder; name a file in it, such as {str(path / 'report.html')!r}"
        raise IsADirectoryError(msg)
    if not path.absolute().parent.is_dir():
        msg = f"path={str(path)!r} lies in a folder that does not exist; make {str(path.absolute().parent)!r} first"
        raise FileNotFoundError(msg)
    if path.exists() and not overwrite:
        msg = f"path={str(path)!r} exists already; give another name, or overwrite=True to replace it"
        raise FileExistsError(msg)


def write(path: Path, text: str, *, overwrite: bool) -> None:
    """Write a text as UTF-8; after an error or an interruption there is what was there before."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        check_free(path, overwrite=overwrite)  # it took a while
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
