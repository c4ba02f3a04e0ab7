"""A folder of Xenium: its cells with genes, and proteins where they were imaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca.io._join import by_types
from spamca.io._platform_files import check_columns, needed, placed, read_table
from spamca.io._spaceranger_files import read_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata import MuData

# spatialdata-io 0.7.1 opens cells.zarr.zip, with the masks of all cells, even for the table alone; few archives keep it.

MATRIX = ("cell_feature_matrix.h5", "cell_feature_matrix", "*cell_feature_matrix.h5")
CELLS = ("cells.parquet", "cells.csv.gz", "cells.csv", "*cells.parquet", "*cells.csv.gz")
CENTROID = ("x_centroid", "y_centroid")  # micrometres


def is_xenium(path: Path) -> bool:
    """Whether a folder is one of Xenium."""
    return any(path.glob("*experiment.xenium")) or any(path.glob("*cell_feature_matrix*"))


def xenium_files(path: Path, **_: Any) -> list[Path]:
    """The files that are read."""
    return [needed(path, *MATRIX), needed(path, *CELLS)]


def read_xenium(path: Path, *, feature_types: Mapping[str, str | None] | None = None, **_: Any) -> MuData:
    """All cells, those without transcripts too; coordinates are centroids in micrometres."""
    matrix, file = xenium_files(path)
    adata, _ = read_matrix(matrix)
    cells = read_table(file)
    check_columns(cells, ("cell_id",), file)
    ids = cells.pop("cell_id")  # bytes in the first versions
    cells.index = pd.Index([one.decode() if isinstance(one, bytes) else str(one) for one in ids])
    return by_types(placed(adata, cells, CENTROID, file, "read"), "read", feature_types)
