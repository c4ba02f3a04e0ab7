"""Output files that are written completely or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

from spamca.cli._process import Code, CommandError, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spamca.cli._process import Interruption

SUFFIX = ".part"
"""Suffix of unfinished files."""

MOST = 255
"""Bytes in a name at most, on usual file systems."""


class Outputs(AbstractContextManager["Outputs"]):
    """Files written under temporary names in their own folders, and renamed when all of them are complete.

    A context: nothing is left of the files unless :meth:`commit` was reached. A process that is killed leaves at most files
    named ``<name>.<random>.part``. Files are renamed in the order of ``paths``: if the last one exists, all are complete.
    ``folder`` is made if it does not exist; files are replaced only if ``overwrite``; signals wait while files are renamed or removed.
    """

    def __init__(
        self, paths: Sequence[Path], *, folder: Path | None = None, overwrite: bool, interruption: Interruption
    ) -> None:
        self.paths, self.overwrite, self.interruption = paths, overwrite, interruption
        self._unfinished: dict[Path, Path] = {}
        self._made: Path | None = None
        places = [path.absolute() for path in paths]
        if twice := {str(path) for path in places if places.count(path) > 1}:
            raise CommandError(Code.USAGE, f"several outputs would be written to {', '.join(sorted(twice))}")
        for path in paths:
            with writing(path), suppress(FileNotFoundError, NotADirectoryError):
                path.lstat()  # a name that is too long is refused
            place = path.absolute().parents[1] if path.parent == folder and not folder.exists() else path.parent
            if not place.is_dir():
                raise CommandError(Code.OUTPUT, f"cannot write to {place}: there is no such folder; make it first")
            if not os.access(place, os.W_OK):
                raise CommandError(Code.OUTPUT, f"cannot write to {place}: permission denied")
        self._check_free()

    def __exit__(self, *exception: object) -> None:
        with self.interruption.held():
            for path in self._unfinished.values():
                path.unlink(missing_ok=True)
            if self._made is not None and not any(self._made.iterdir()):
                self._made.rmdir()

    def temporary(self, path: Path) -> Path:
        """Where to write one of the files."""
        with writing(path), self.interruption.held():
            if not path.parent.is_dir():
                path.parent.mkdir()
                self._made = path.parent
        end = f".{secrets.token_hex(4)}{SUFFIX}"
        start = os.fsdecode(os.fsencode(path.name)[: MOST - len(end)])
        self._unfinished[path] = path.with_name(start + end)
        return self._unfinished[path]

    def commit(self) -> None:
        """Rename the files, unless another process has written one of them and it must not be replaced."""
        for path, unfinished in self._unfinished.items():
            with writing(path), unfinished.open("rb") as file:
                os.fsync(file)  # the content is on the disk before the file has its name
        with self.interruption.held():
            self._check_free()
            for path in self.paths:
                with writing(path):
                    _rename(self._unfinished[path], path, overwrite=self.overwrite)

    def _check_free(self) -> None:
        for path in self.paths:
            if path.is_dir():
                raise CommandError(Code.OUTPUT, f"{path} is a folder; name a file")
            if path.exists() and not self.overwrite:
                raise CommandError(
                    Code.OUTPUT, f"{path} exists already; give another name, or --overwrite to replace it"
                )


def _rename(unfinished: Path, path: Path, *, overwrite: bool) -> None:
    if not overwrite:
        try:
            path.hardlink_to(unfinished)  # replaces nothing, and fails if another process was faster
        except FileExistsError as error:
            msg = f"{path} was written by another process meanwhile; nothing replaced"
            raise CommandError(Code.OUTPUT, msg) from error
        except OSError:  # a file system without links
            pass
        else:
            unfinished.unlink()
            return
    unfinished.replace(path)
