"""A folder of Visium HD: bins of one size, or cells."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca._logging import logger
from spamca.io._join import by_types
from spamca.io._platform_files import needed, placed, reading
from spamca.io._read_spaceranger import read_spaceranger
from spamca.io._spaceranger_files import read_images, read_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata import MuData

# spatialdata-io 0.7.1 wants feature_slice.h5 for any table, which archives of one size of bins or of cells lack.

BINNED, SEGMENTED, CELLS = "binned_outputs", "segmented_outputs", "cells"
MATRIX = ("filtered_feature_cell_matrix.h5", "filtered_feature_cell_matrix", "*filtered_feature_cell_matrix.h5")
POLYGONS = ("cell_segmentations.geojson",)
PLACE = ("x", "y")


def is_visium_hd(path: Path) -> bool:
    """Whether a folder holds bins of Visium HD, or cells."""
    return bool(_bins(path)) or _segmented(path) is not None


def visium_hd_folder(path: Path, bin_size: int | str) -> tuple[Path, bool]:
    """The folder with bins of that size, or with cells, and which of both; FileNotFoundError if it is not there."""
    bins, cells = _bins(path), _segmented(path)
    if cells is not None and (bin_size == CELLS or not bins):
        return cells, True
    if bin_size in bins:
        return bins[int(bin_size)], False
    there = [*bins, *([repr(CELLS)] if cells else [])]
    msg = f"bin_size={bin_size!r} is not in {path}, which has {', '.join(map(str, there))}"
    raise FileNotFoundError(msg)


def visium_hd_files(path: Path, bin_size: int | str) -> list[Path]:
    """Files and folders that are read."""
    folder, cells = visium_hd_folder(path, bin_size)
    if cells:
        return [needed(folder, *MATRIX), needed(folder, *POLYGONS), folder / "spatial"]
    return [needed(folder, "filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix"), folder / "spatial"]


def read_visium_hd(
    path: Path, *, bin_size: int | str, images: bool, feature_types: Mapping[str, str | None] | None = None
) -> MuData:
    """Bins or cells; coordinates are centres in pixels of the full image."""
    folder, cells = visium_hd_folder(path, bin_size)
    logger.info("read: %s of Visium HD, in %s", "cells" if cells else f"bins of {bin_size} µm", folder)
    if not cells:
        return read_spaceranger(folder, images=images, feature_types=feature_types)
    matrix, file = needed(folder, *MATRIX), needed(folder, *POLYGONS)
    adata, attributes = read_matrix(matrix)
    numbers = {name: re.search(r"(\d+)(?:-\d+)?$", name) for name in adata.obs_names}  # cellid_000000001-1
    names = {int(number[1]): name for name, number in numbers.items() if number}
    place = _centroids(file)
    place = place[place.index.isin(names)]
    place.index = pd.Index([names[one] for one in place.index], dtype=str)
    adata = placed(adata, place, PLACE, file, "read")
    record = read_images(folder / "spatial", images=images)
    library = attributes.get("library_id", path.resolve().name)
    return by_types(adata, "read", feature_types, None if record is None else (library, record))


def _bins(path: Path) -> dict[int, Path]:
    """Folders with bins by their size in micrometres: below ``outs`` or ``binned_outputs``."""
    found = sorted(path.glob(f"{BINNED}/square_*um")) or sorted(path.glob("square_*um"))
    return {int(folder.name[7:-2]): folder for folder in found if folder.name[7:-2].isdigit()}


def _segmented(path: Path) -> Path | None:
    """The folder with cells: below ``outs``, or itself."""
    for folder in (path / SEGMENTED, path):
        if any(folder.glob("*filtered_feature_cell_matrix*")):
            return folder
    return None


def _centroids(file: Path) -> pd.DataFrame:
    """Centroid (x, y) and area of each cell by its number."""
    import shapely
    from shapely.geometry import shape

    with reading(file, "GeoJSON"):
        features: list[Any] = json.loads(file.read_bytes())["features"]
        numbers = [int(one["properties"]["cell_id"]) for one in features]
        polygons = [shape(one["geometry"]) for one in features]
        centres = shapely.get_coordinates(shapely.centroid(polygons))
    table = pd.DataFrame(centres, index=numbers, columns=list(PLACE))
    return table.assign(area=shapely.area(polygons))
