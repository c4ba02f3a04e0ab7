"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from spamca.cli._exit import Code, CommandError, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spamca.cli._signals import Interruption

SUFFIX = ".part"
"""What the names of unfinished files end on."""


class Outputs:
    """Files written under temporary names in their own folders, and given their names when all of them are done.

    A context: unless :meth:`commit` was reached, nothing is left of them. A process killed without warning leaves at most
    files called ``<name>.<random>.part``.

    Parameters
    ----------
    paths
        The files, in the order in which they get their names: the last one tells that all are there.
    force
        Whether files may be replaced.
    interruption
        Its signals wait while files get their names, and while unfinished ones are taken away.

    Raises
    ------
    CommandError
        If two are the same, one is there and must not be replaced, or its folder is not there.
    """

    def __init__(self, paths: Sequence[Path], *, force: bool, interruption: Interruption) -> None:
        self.paths, self.force, self.interruption = list(paths), force, interruption
        self._unfinished: dict[Path, Path] = {}
        self._folders: list[Path] = []
        places = [path.absolute() for path in self.paths]
        if twice := {str(path) for path in places if places.count(path) > 1}:
            raise CommandError(Code.USAGE, f"several outputs would be written to {', '.join(sorted(twice))}")
        self._check_free()

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, *exception: object) -> None:
        with self.interruption.held():
            for path in self._unfinished.values():
                path.unlink(missing_ok=True)
            for folder in reversed(self._folders):
                if not any(folder.iterdir()):
                    folder.rmdir()

    def folder(self, path: Path) -> None:
        """Make a folder for outputs, where it is not there."""
        with writing(path), self.interruption.held():
            if not path.is_dir():
                path.mkdir()
                self._folders.append(path)

    def temporary(self, path: Path) -> Path:
        """Where to write one of the files."""
        self._unfinished[path] = path.with_name(f"{path.name}.{secrets.token_hex(4)}{SUFFIX}")
        return self._unfinished[path]

    def commit(self) -> None:
        """Give the files their names.

        Raises
        ------
        CommandError
            If one came to be there in the meantime and must not be replaced, or the file system refuses.
        """
        for path, unfinished in self._unfinished.items():
            with writing(path):
                _sync(unfinished)
        with self.interruption.held():
            self._check_free()
            for path in self.paths:
                with writing(path):
                    _rename(self._unfinished[path], path, force=self.force)

    def _check_free(self) -> None:
        for path in self.paths:
            if path.is_dir():
                raise CommandError(Code.OUTPUT, f"{path} is a folder; name a file")
            if path.exists() and not self.force:
                raise CommandError(Code.OUTPUT, f"{path} is there already; give another name, or --force to replace it")


def check_folder(path: Path) -> None:
    """Whether files can be written to a folder.

    Raises
    ------
    CommandError
        If not.
    """
    if not path.is_dir():
        raise CommandError(Code.OUTPUT, f"cannot write to {path}: there is no such folder; make it first")
    if not os.access(path, os.W_OK):
        raise CommandError(Code.OUTPUT, f"cannot write to {path}: permission denied")


def _sync(path: Path) -> None:
    """Wait until the file is on the disk: a name must not reach it before the content does."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(unfinished: Path, path: Path, *, force: bool) -> None:
    if force:
        unfinished.replace(path)
        return
    try:
        path.hardlink_to(unfinished)  # fails where another process was faster, and replaces nothing
    except FileExistsError as error:
        raise CommandError(Code.OUTPUT, f"{path} was written by another process meanwhile; nothing replaced") from error
    except OSError:  # a file system without links
        unfinished.replace(path)
    else:
        unfinished.unlink()
