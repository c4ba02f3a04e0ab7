"""A folder of MERSCOPE, or of the postprocessing tool of Vizgen: its cells with genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from spamca.io._join import by_types
from spamca.io._platform_files import needed, placed, read_counts, reading, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata import MuData

# spatialdata-io 0.7.1 wants images/micron_to_mosaic_pixel_transform.csv for the table alone, and reads it densely.

MATRIX = ("cell_by_gene.csv", "*cell_by_gene.csv", "*cell_by_gene.csv.gz")
CELLS = ("cell_metadata.csv", "*cell_metadata.csv", "*cell_metadata.csv.gz")
ID = ("cell", "EntityID")  # what the first column may be called, if it has a name
CENTER = ("center_x", "center_y")  # micrometres


def is_merscope(path: Path) -> bool:
    """Whether a folder is one of MERSCOPE."""
    return any(path.glob("*cell_by_gene.csv*"))


def merscope_files(path: Path, **_: Any) -> list[Path]:
    """The files that are read."""
    return [needed(path, *MATRIX), needed(path, *CELLS)]


def read_merscope(path: Path, *, feature_types: Mapping[str, str | None] | None = None, **_: Any) -> MuData:
    """All cells; coordinates are centres in micrometres."""
    matrix, file = merscope_files(path)
    key, values, genes = read_counts(matrix, ID)
    with reading(file, "a table"):
        first = pd.read_csv(file, nrows=0).columns[0]
        cells = pd.read_csv(file, dtype={first: str}).set_index(first)  # 19 digits
    if not key.shape[1]:
        msg = f"{matrix} must name the cells in its first column, {ID[0]!r}; it has {list(genes[:3])}"
        raise ValueError(msg)
    adata = table_of(values, key.iloc[:, 0].tolist(), genes.tolist(), "Gene Expression")
    return by_types(placed(adata, cells, CENTER, file, "read"), "read", feature_types)
