"""Tissue from a file or a folder of any kind."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca.cli._exit import Code, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

NOT_READ = ("images", "points")
"""Elements of a SpatialData that are not read with its tables; they can be very large."""


@dataclass(frozen=True)
class Kind:
    """A way in which tissue is stored.

    ``read`` makes the MuData from a path, or what ``function`` of the package makes it from. ``files`` gives the files that are
    read, from the path and the arguments of ``function``.
    """

    name: str
    read: Callable[[Path], Any]
    files: Callable[..., Iterable[Path]]
    function: str | None = None


def _read_mudata(path: Path) -> Any:
    import mudata

    return mudata.read_h5mu(path) if path.is_file() else mudata.read_zarr(path)


def _read_spatialdata(path: Path) -> Any:
    import spatialdata

    return spatialdata.read_zarr(path)


def _spatialdata_files(path: Path, **_: Any) -> Iterable[Path]:
    return [file for file in _within(path) if file.relative_to(path).parts[0] not in NOT_READ]


def _spaceranger_files(path: Path, *, raw: bool = False, counts_file: str | None = None, **_: Any) -> Iterable[Path]:
    from spamca.io._spaceranger_files import find_matrix

    matrix = find_matrix(path, counts_file, raw=raw)
    return [*([matrix] if matrix.is_file() else _within(matrix)), *_within(path / "spatial")]


def _within(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


FILE = Kind("h5mu", _read_mudata, lambda path: [path])
ZARR = Kind("MuData in Zarr", _read_mudata, _within)
SPATIALDATA = Kind("SpatialData", _read_spatialdata, _spatialdata_files, "io.from_spatialdata")
SPACERANGER = Kind("Space Ranger", lambda path: path, _spaceranger_files, "io.read_spaceranger")

READERS = ("io.from_spatialdata", "io.read_spaceranger")


def kind_of(path: Path) -> Kind:
    """The kind of a path; CommandError if it does not exist or is of no kind."""
    if not path.exists():
        raise CommandError(Code.INPUT, f"{path} does not exist")
    if path.suffix == ".h5mu":
        return FILE
    if path.is_dir():
        encoding = _zarr_encoding(path)
        return SPACERANGER if encoding is None else ZARR if encoding == "MuData" else SPATIALDATA
    raise CommandError(
        Code.INPUT,
        f"{path} is neither a MuData (.h5mu or Zarr), nor a folder of Space Ranger, nor a SpatialData in Zarr",
    )


def _zarr_encoding(path: Path) -> str | None:
    """What the root of a Zarr, in version 2 or 3 of the format, is said to hold; None if the folder is no Zarr."""
    for name in ("zarr.json", ".zattrs", ".zgroup"):
        if (path / name).exists():
            try:
                held = json.loads((path / name).read_text())
            except ValueError:
                return ""
            return held.get("attributes", held).get("encoding-type", "")
    return None


def digest(path: Path, files: Iterable[Path]) -> dict[str, Any]:
    """SHA-256 of a file; of a folder that of each file, by its path within, and that of their listing by ``sha256sum``."""
    found = {}
    for file in files:
        with file.open("rb") as content:
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            found[name] = hashlib.file_digest(content, "sha256").hexdigest()
    if len(found) == 1:
        return {"sha256": next(iter(found.values()))}
    listing = "".join(f"{value}  {name}\n" for name, value in sorted(found.items()))
    return {"sha256": hashlib.sha256(listing.encode()).hexdigest(), "files": found}
