"""Flat files of CosMx: cells of all fields of view, with genes, proteins, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca._logging import logger
from spamca.features.controls import is_isotype
from spamca.io._join import join_tables, split
from spamca.io._platform_files import check_columns, matching, needed, one_of, placed, read_counts, read_table, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from anndata import AnnData
    from mudata import MuData

# spatialdata-io 0.7.1 wants folders of images and masks for the table alone, reads no .csv.gz, as flat files are exported now,
# and places cells within their field of view.

MATRIX = "exprMat_file.csv"
METADATA = "metadata_file.csv"
POSITIONS = "fov_positions_file.csv"
KEYS = ("fov", "cell_ID", "cell_id", "cell", "slide_ID", "slide_ID_numeric")  # columns that are no features
GLOBAL = ("CenterX_global_px", "CenterY_global_px")
LOCAL = ("CenterX_local_px", "CenterY_local_px")
OFFSET = ("x_global_px", "y_global_px")


def is_cosmx(path: Path) -> bool:
    """Whether a folder holds flat files of CosMx, or folders with them."""
    return bool(_matrices(path))


def cosmx_files(path: Path, **_: Any) -> list[Path]:
    """The files that are read."""
    found = []
    for matrix in _matrices(path):
        found += [matrix, needed(matrix.parent, f"{_stem(matrix)}{METADATA}*")]
        positions = one_of(matrix.parent, f"{_stem(matrix)}{POSITIONS}*")
        found += [] if positions is None else [positions]
    return found


def read_cosmx(path: Path, *, feature_types: Mapping[str, str | None] | None = None, **_: Any) -> MuData:
    """Cells of all fields of view, in pixels of the slide; genes and proteins of one run are matched by field and cell.

    ValueError if the folder holds several slides.
    """
    tables: dict[str, AnnData] = {}
    names: dict[str, Path] = {}
    for matrix in _matrices(path):
        adata = _read_slide(matrix)
        for name, modality in split(adata, "read", feature_types).items():
            if name in tables:
                msg = (
                    f"{path} holds two slides, {names[name].name} and {matrix.name}, both with {name!r}; give each a folder of "
                    "its own, read them, and join them with mudata.concat under a column that names the section"
                )
                raise ValueError(msg)
            tables[name], names[name] = modality, matrix
    found = ", ".join(f"{one.n_vars} features of {name!r} in {one.n_obs} cells" for name, one in tables.items())
    logger.info("read: %s", found)
    ordered = {name: tables[name] for name in sorted(tables, key=lambda name: name != "rna")}
    return join_tables(ordered, {name: table.obs_names for name, table in ordered.items()}, "outer", "read")


def _matrices(path: Path) -> list[Path]:
    return matching(path, f"*{MATRIX}*") or matching(path, f"*/*{MATRIX}*")


def _stem(matrix: Path) -> str:
    return matrix.name.split(MATRIX)[0]


def _read_slide(matrix: Path) -> AnnData:
    """Cells of one matrix with their place."""
    key, values, features = read_counts(matrix, KEYS)
    file = needed(matrix.parent, f"{_stem(matrix)}{METADATA}*")
    cells = read_table(file)
    check_columns(key, KEYS[:2], matrix)
    check_columns(cells, KEYS[:2], file)
    cell = (key["cell_ID"].astype(np.int64) > 0).to_numpy()  # cell 0 is what lies in no cell
    key, values = key[cell], values[cell]
    # a panel of antibodies has isotypes, or its file says what it is
    is_protein = is_isotype(pd.DataFrame(index=features)).any() or "protein" in _stem(matrix).lower()
    kind = "Protein Expression" if is_protein else "Gene Expression"
    adata = table_of(values, _names(key), features.tolist(), kind)
    cells.index = pd.Index(_names(cells))
    if not set(GLOBAL) <= set(cells):
        cells[list(GLOBAL)] = _within_slide(cells, matrix)
    cells["fov"] = pd.Categorical(cells["fov"].astype(str))
    return placed(adata, cells, GLOBAL, file, "read")


def _names(table: pd.DataFrame) -> list[str]:
    pairs = zip(table["fov"].astype(np.int64), table["cell_ID"].astype(np.int64), strict=True)
    return [f"{fov}_{cell}" for fov, cell in pairs]


def _within_slide(cells: pd.DataFrame, matrix: Path) -> np.ndarray:
    """Coordinates in the slide of cells with coordinates in their field of view, (n_cells, 2)."""
    file = needed(matrix.parent, f"{_stem(matrix)}{POSITIONS}*")
    fields = read_table(file).rename(columns={"FOV": "fov"})
    missing = [name for name in ("fov", *OFFSET) if name not in fields]
    missing += [name for name in LOCAL if name not in cells]
    if missing:
        msg = f"no place of cells in the slide: {file.name} or the metadata lacks {', '.join(missing)}"
        raise ValueError(msg)
    offset = fields.set_index("fov")[list(OFFSET)].reindex(cells["fov"])
    logger.info("read: cells are placed by the positions of their fields of view in %s", file.name)
    return cells[list(LOCAL)].to_numpy(np.float64) + offset.to_numpy(np.float64)
