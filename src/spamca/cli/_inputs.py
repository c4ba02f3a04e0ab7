"""Tissue from a file or a folder of any kind."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from spamca.cli._process import Code, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Kind(StrEnum):
    """A way in which tissue is stored."""

    FILE = "h5mu"
    ZARR = "MuData in Zarr"
    SPATIALDATA = "SpatialData"
    SPACERANGER = "Space Ranger"
    FOLDER = "folder of a platform"
    ANNDATA = "AnnData"


READERS = {
    Kind.SPATIALDATA: "io.from_spatialdata",
    Kind.SPACERANGER: "io.read_spaceranger",
    Kind.FOLDER: "io.read",
    Kind.ANNDATA: "io.read",
}
"""Functions of the package that make a MuData from what is not one."""


def kind_of(path: Path) -> Kind:
    """The kind of a path; CommandError if it does not exist or is of no kind."""
    if not path.exists():
        raise CommandError(Code.INPUT, f"{path} does not exist")
    if path.suffix in (".h5mu", ".h5ad"):
        return Kind.FILE if path.suffix == ".h5mu" else Kind.ANNDATA
    if not path.is_dir():
        what = "no MuData (.h5mu or Zarr), AnnData (.h5ad or Zarr), SpatialData in Zarr, nor folder of a platform"
        raise CommandError(Code.INPUT, f"{path} is {what}")
    from spamca.io._platforms import is_visium, is_visium_hd
    from spamca.io._stored import is_zarr, zarr_kind

    if is_zarr(path):
        return {"MuData": Kind.ZARR, "AnnData": Kind.ANNDATA, "SpatialData": Kind.SPATIALDATA}[zarr_kind(path)]
    return Kind.SPACERANGER if is_visium(path) and not is_visium_hd(path) else Kind.FOLDER


def read(path: Path, kind: Kind) -> Any:
    """The MuData, or what the function in :data:`READERS` makes it from."""
    if kind in (Kind.SPACERANGER, Kind.FOLDER, Kind.ANNDATA):
        return path
    if kind is Kind.SPATIALDATA:
        import spatialdata

        return spatialdata.read_zarr(path)
    from spamca.io._stored import read_stored

    return read_stored(path)


def files_of(
    path: Path, kind: Kind, *, raw: bool = False, counts_file: str | None = None, bin_size: int | str = 8, **_: Any
) -> Iterable[Path]:
    """Files that are read, with arguments of the function in :data:`READERS`."""
    if kind is Kind.FOLDER:
        from spamca.io._platforms import recognised

        platform, folder = recognised(path)
        return [file for part in platform.files(folder, bin_size=bin_size) for file in _within(part)]
    if kind is Kind.SPACERANGER:
        from spamca.io._spaceranger_files import find_matrix

        return [*_within(find_matrix(path, counts_file, raw=raw)), *_within(path / "spatial")]
    # not read with the tables, and often very large
    unread = (("images",), ("points",)) if kind is Kind.SPATIALDATA else ()
    return [file for file in _within(path) if file.relative_to(path).parts[:1] not in unread]


def _within(folder: Path) -> list[Path]:
    """A file itself, or those in a folder."""
    return [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())


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
