"""Tissue from a file or a folder, whichever kind it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca.cli._exit import Code, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mudata import MuData

NOT_READ = ("images", "points")
"""Elements of a SpatialData that its tables are read without; they can be very large."""


@dataclass(frozen=True)
class Kind:
    """A way in which tissue is kept.

    Parameters
    ----------
    name
        What it is called.
    function
        The function of the package that reads it, if one does.
    recognises
        Whether a path is of this kind.
    read
        Path and arguments of the function to MuData.
    files
        Path and arguments to the files that are read.
    """

    name: str
    function: str | None
    recognises: Callable[[Path], bool]
    read: Callable[..., MuData]
    files: Callable[..., Iterable[Path]]


def _read_h5mu(path: Path) -> MuData:
    import mudata

    return mudata.read_h5mu(path)


def _read_mudata_zarr(path: Path) -> MuData:
    import mudata

    return mudata.read_zarr(path)


def _read_spatialdata(path: Path, **given: Any) -> MuData:
    from spatialdata import read_zarr

    from spamca.io import from_spatialdata

    return from_spatialdata(read_zarr(path), **given)


def _spatialdata_files(path: Path, **_: Any) -> Iterable[Path]:
    return [file for file in _within(path) if file.relative_to(path).parts[0] not in NOT_READ]


def _read_spaceranger(path: Path, **given: Any) -> MuData:
    from spamca.io import read_spaceranger

    return read_spaceranger(path, **given)


def _spaceranger_files(path: Path, *, raw: bool = False, counts_file: str | None = None, **_: Any) -> Iterable[Path]:
    from spamca.io._spaceranger_files import find_matrix

    matrix = find_matrix(path, counts_file, raw=raw)
    return [*([matrix] if matrix.is_file() else _within(matrix)), *_within(path / "spatial")]


def _within(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _is_zarr(path: Path) -> bool:
    return path.is_dir() and any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zattrs"))


def _is_mudata_zarr(path: Path) -> bool:
    """Whether the attributes of the root, of version 2 or 3 of the format, say so."""
    for name, inner in ((".zattrs", None), ("zarr.json", "attributes")):
        try:
            held = json.loads((path / name).read_text())
        except (OSError, ValueError):
            continue
        attributes = held if inner is None else held.get(inner, {})
        if attributes.get("encoding-type") == "MuData":
            return True
    return False


KINDS = (
    Kind("h5mu", None, lambda path: path.suffix == ".h5mu", _read_h5mu, lambda path: [path]),
    Kind("MuData in Zarr", None, _is_mudata_zarr, _read_mudata_zarr, _within),
    Kind("SpatialData", "io.from_spatialdata", _is_zarr, _read_spatialdata, _spatialdata_files),
    Kind("Space Ranger", "io.read_spaceranger", Path.is_dir, _read_spaceranger, _spaceranger_files),
)
"""Looked through in this order."""

READERS = tuple(kind.function for kind in KINDS if kind.function is not None)


def kind_of(path: Path) -> Kind:
    """What a path is.

    Raises
    ------
    CommandError
        If it is not there, or of no kind.
    """
    if not path.exists():
        raise CommandError(Code.INPUT, f"{path} does not exist")
    for kind in KINDS:
        if kind.recognises(path):
            return kind
    raise CommandError(
        Code.INPUT,
        f"{path} is neither a MuData (.h5mu or Zarr), nor a folder of Space Ranger, nor a SpatialData in Zarr",
    )


def digests(path: Path, files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of the files, in hexadecimal, by their path within ``path``; of a single file by its name."""
    found = {}
    for file in files:
        with file.open("rb") as content:
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            found[name] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def told_of(found: dict[str, str]) -> dict[str, Any]:
    """What a record tells of digests: of a single file its own, of several that of a listing as ``sha256sum`` writes it."""
    if len(found) == 1:
        return {"sha256": next(iter(found.values()))}
    listing = "".join(f"{value}  {name}\n" for name, value in sorted(found.items()))
    return {"sha256": hashlib.sha256(listing.encode()).hexdigest(), "files": found}
