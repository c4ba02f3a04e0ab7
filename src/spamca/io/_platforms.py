"""The platforms: how the folder of each is recognised, read, and what of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca._logging import logger
from spamca.io._cosmx import cosmx_files, is_cosmx, read_cosmx
from spamca.io._merscope import is_merscope, merscope_files, read_merscope
from spamca.io._platform_files import contents
from spamca.io._read_spaceranger import read_spaceranger
from spamca.io._spaceranger_files import find_matrix
from spamca.io._visium_hd import is_visium_hd, read_visium_hd, visium_hd_files
from spamca.io._xenium import is_xenium, read_xenium, xenium_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mudata import MuData


@dataclass(frozen=True)
class Platform:
    """A platform: its ``name``, the files that it is known by, in words, and its functions of a folder.

    ``read`` takes ``bin_size``, ``images`` and ``feature_types`` as keywords, ``files`` takes ``bin_size``: files, and folders
    whose files are all read.
    """

    name: str
    known_by: str
    matches: Callable[[Path], bool]
    read: Callable[..., MuData]
    files: Callable[..., list[Path]]


def is_visium(path: Path) -> bool:
    """Whether a folder is one of Space Ranger: ``outs``, or one size of bins of Visium HD."""
    return any(path.glob("*feature_bc_matrix*")) or any(path.glob("spatial/tissue_positions*"))


def _visium(path: Path, *, images: bool, feature_types: Any, **_: Any) -> MuData:
    return read_spaceranger(path, images=images, feature_types=feature_types)


def _visium_files(path: Path, **_: Any) -> list[Path]:
    return [find_matrix(path, None, raw=False), path / "spatial"]


PLATFORMS = (
    Platform(
        "Visium HD",
        "binned_outputs/square_008um, or segmented_outputs/filtered_feature_cell_matrix.h5",
        is_visium_hd,
        read_visium_hd,
        visium_hd_files,
    ),
    Platform("Xenium", "cell_feature_matrix.h5 and cells.parquet", is_xenium, read_xenium, xenium_files),
    Platform("CosMx", "*_exprMat_file.csv and *_metadata_file.csv", is_cosmx, read_cosmx, cosmx_files),
    Platform("MERSCOPE", "cell_by_gene.csv and cell_metadata.csv", is_merscope, read_merscope, merscope_files),
    Platform("Visium", "filtered_feature_bc_matrix.h5 and spatial", is_visium, _visium, _visium_files),
)
"""In the order in which they are tried."""


def recognised(path: Path) -> tuple[Platform, Path]:
    """The platform that a folder is of, and the folder with its files: itself, or the one folder in it that is of any.

    ValueError if it is of none, or several folders in it are.
    """
    if platform := _platform_of(path):
        return platform, path
    inner = {folder: of for folder in sorted(path.iterdir()) if folder.is_dir() and (of := _platform_of(folder))}
    if len(inner) == 1:
        ((folder, platform),) = inner.items()
        logger.info("read: %s holds a folder of %s, %s", path, platform.name, folder.name)
        return platform, folder
    if inner:
        named = ", ".join(f"{str(folder)!r} ({platform.name})" for folder, platform in inner.items())
        msg = f"{path} holds several folders of platforms; pass one of {named}"
        raise ValueError(msg)
    known = "; ".join(f"{platform.name}: {platform.known_by}" for platform in PLATFORMS)
    msg = f"{path} is a folder of no platform that is known. It holds {contents(path)}. Known are {known}"
    raise ValueError(msg)


def _platform_of(path: Path) -> Platform | None:
    return next((platform for platform in PLATFORMS if platform.matches(path)), None)
