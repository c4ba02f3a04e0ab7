"""Where the spots of a Space Ranger folder lie, in the files of each of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("tissue_positions.parquet", "tissue_positions.csv", "tissue_positions_list.csv")
"""Names of the file: of Visium HD, of Space Ranger from 2.0 on, and of Space Ranger before."""

BARCODE = "barcode"
GRID = ("in_tissue", "array_row", "array_col")
"""Whole numbers, kept in ``obs``."""

PIXELS = ("pxl_col_in_fullres", "pxl_row_in_fullres")
"""Coordinates, x and y, in pixels of the full image."""

COLUMNS = (BARCODE, *GRID, PIXELS[1], PIXELS[0])
"""In the order of the file that has no header: the row, which is y, comes first."""


def read_positions(folder: Path, barcodes: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the places of some spots.

    Parameters
    ----------
    folder
        Space Ranger's folder ``spatial``.
    barcodes
        The spots.

    Returns
    -------
    Place in the array (:data:`GRID`), a DataFrame of whole numbers with the barcodes as index; and coordinates, float64
    of shape (n_spots, 2): x to the right and y downwards.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    ValueError
        If it cannot be read, or lacks a spot.
    """
    file = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if file is None:
        msg = f"no positions of spots: {folder} holds none of {', '.join(FILES)}"
        raise FileNotFoundError(msg)
    positions = _checked(_read(file), file)
    missing = barcodes[~barcodes.isin(positions.index)]
    if len(missing):
        n, some = len(barcodes), "none" if len(missing) == len(barcodes) else f"only {len(barcodes) - len(missing)}"
        begin = f", the file begins with {positions.index[0]!r}" if len(positions) else ""
        msg = (
            f"{file} has {some} of the {n} barcodes of the matrix, not {missing[0]!r}{begin}; it is cut off, or belongs to "
            "another run or size of bin"
        )
        raise ValueError(msg)
    positions = positions.loc[barcodes]
    return positions[list(GRID)].astype(np.int64), positions[list(PIXELS)].to_numpy(dtype=np.float64)


def _read(file: Path) -> pd.DataFrame:
    try:
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
            return table.reset_index() if BARCODE in table.index.names else table
        with file.open(encoding="utf-8") as lines:
            header = lines.readline().split(",")[0].strip().strip('"') == BARCODE
        # Some files that should have no header have one, and the other way round.
        table = pd.read_csv(file, header=0 if header else None)
    except (OSError, ValueError) as error:
        msg = f"{file} cannot be read as a table ({type(error).__name__}: {error}); copy it anew"
        raise ValueError(msg) from error
    if not header and len(table.columns) == len(COLUMNS):
        table.columns = COLUMNS
    return table


def _checked(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """The table with barcodes as index and numbers in all columns."""
    if missing := [name for name in COLUMNS if name not in table]:
        has = f"{len(table.columns)} columns, {', '.join(map(str, table.columns[: len(COLUMNS)]))}"
        msg = f"{file} lacks the columns {', '.join(missing)}; it has {has}"
        raise ValueError(msg)
    table = table.set_index(table[BARCODE].astype(str))
    if not table.index.is_unique:
        msg = f"{file} holds barcode {table.index[table.index.duplicated()][0]!r} more than once"
        raise ValueError(msg)
    numbers = table[[*GRID, *PIXELS]].apply(pd.to_numeric, errors="coerce")
    bad = ~np.isfinite(numbers.to_numpy(dtype=np.float64))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        name = numbers.columns[column]
        msg = f"{file} must hold numbers, {name} of {table.index[row]!r} is {table[name].iloc[row]!r}; copy it anew"
        raise ValueError(msg)
    return numbers
