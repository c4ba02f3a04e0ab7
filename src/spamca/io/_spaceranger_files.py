"""Files in a folder of Space Ranger, in each of its versions: matrix, positions of spots, images."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from spamca import _keys
from spamca._logging import logger
from spamca.io._platform_files import check_columns, check_once, contents, matching, numbers, reading

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

METADATA = ("chemistry_description", "software_version")  # attributes of the HDF5 file that squidpy keeps

# Of Visium HD, of Space Ranger from 2.0 on, and of Space Ranger before.
POSITIONS = ("tissue_positions.parquet", "tissue_positions.csv", "tissue_positions_list.csv")
GRID = ["in_tissue", "array_row", "array_col"]  # whole numbers, kept in obs
PIXELS = ["pxl_col_in_fullres", "pxl_row_in_fullres"]  # coordinates, x and y, in pixels of the full image
COLUMNS = ["barcode", *GRID, *PIXELS[::-1]]  # of the file without header

RESOLUTIONS = ("hires", "lowres")


def find_matrix(path: Path, counts_file: str | None, *, raw: bool) -> Path:
    """File or folder with the matrix; FileNotFoundError if there is none, ValueError if there are several."""
    if counts_file is not None:
        if not (path / counts_file).exists():
            msg = f"counts_file={counts_file!r} is not in {path}, which holds {contents(path)}"
            raise FileNotFoundError(msg)
        return path / counts_file
    stem = f"{'raw' if raw else 'filtered'}_feature_bc_matrix"
    # Files that 10x and GEO publish have the name of the sample in front.
    for pattern in (f"{stem}.h5", stem, f"*{stem}.h5", f"*{stem}"):
        found = matching(path, pattern)
        if len(found) > 1:
            msg = f"{path} holds several matrices, {[file.name for file in found]}; name one with counts_file"
            raise ValueError(msg)
        if found:
            return found[0]
    bins = sorted(str(folder) for folder in path.glob("binned_outputs/square_*"))
    elsewhere = f"; these are bins of Visium HD, pass one of {', '.join(bins)}" if bins else ""
    if (path / "outs").is_dir():
        elsewhere = f"; pass {path / 'outs'}"
    msg = f"no matrix: {path} holds neither {stem}.h5 nor a folder {stem}, but {contents(path)}{elsewhere}"
    raise FileNotFoundError(msg)


def read_matrix(file: Path) -> tuple[AnnData, dict[str, str]]:
    """Table of all features, whatever their type, and what an HDF5 file records of the run.

    FileNotFoundError if a file is missing in the folder, ValueError if it cannot be read, or barcodes repeat.
    """
    import scanpy as sc

    what = "a folder with a 10x matrix in text form" if file.is_dir() else "a 10x matrix in HDF5"
    with reading(file, what, ", or name another file with counts_file"), warnings.catch_warnings(action="ignore"):
        # Names of features may repeat: they are changed later.
        if file.is_dir():
            adata, attributes = sc.read_10x_mtx(file, make_unique=False, gex_only=False), {}
        else:
            adata, attributes = sc.read_10x_h5(file, gex_only=False), _attributes(file)
    check_once(adata.obs_names, f"{file} holds barcode")
    if _keys.FEATURE_TYPES not in adata.var:
        adata.var[_keys.FEATURE_TYPES] = "Gene Expression"  # files of before there was anything else
    adata.X = csr_matrix(adata.X, dtype=np.float32)
    return adata, attributes


def _attributes(file: Path) -> dict[str, str]:
    import h5py

    with h5py.File(file, "r") as opened:
        found = {name: opened.attrs[name] for name in METADATA if name in opened.attrs}
        if len(libraries := opened.attrs.get("library_ids", ())):
            found["library_id"] = libraries[0]
    return {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in found.items()}


def read_positions(folder: Path, barcodes: pd.Index) -> tuple[pd.DataFrame, np.ndarray]:
    """Place of the spots in the array, :data:`GRID`, and their coordinates, (n_spots, 2), float64, y downwards.

    FileNotFoundError if there is no file, ValueError if it cannot be read, or lacks a spot.
    """
    file = next((folder / name for name in POSITIONS if (folder / name).is_file()), None)
    if file is None:
        msg = f"no positions of spots: {folder} holds none of {', '.join(POSITIONS)}"
        raise FileNotFoundError(msg)
    positions = _positions(file)
    missing = barcodes[~barcodes.isin(positions.index)]
    if len(missing):
        msg = (
            f"{file} lacks {len(missing)} of the {len(barcodes)} barcodes of the matrix, e.g. {missing[0]!r}; it is cut off, "
            "or belongs to another run or size of bin"
        )
        raise ValueError(msg)
    positions = positions.loc[barcodes]
    return positions[GRID].astype(np.int64), positions[PIXELS].to_numpy()


def _positions(file: Path) -> pd.DataFrame:
    """Numbers in all columns, float64, with barcodes as index."""
    with reading(file, "a table"):
        table = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, header=None, dtype=str)
    if "barcode" in table.index.names:
        table = table.reset_index()
    # Some files that should have no header have one, and the other way round.
    elif file.suffix == ".csv" and table.iat[0, 0] == "barcode":
        table = table[1:].set_axis(table.iloc[0].tolist(), axis=1)
    elif list(table.columns) == list(range(len(COLUMNS))):
        table.columns = COLUMNS
    barcode, *columns = COLUMNS
    check_columns(table, COLUMNS, file)
    table = table.set_index(table[barcode].astype(str))
    check_once(table.index, f"{file} holds barcode")
    return pd.DataFrame(numbers(table, columns, file), table.index, columns)


def read_images(folder: Path, *, images: bool) -> dict[str, Any] | None:
    """``"images"``, uint8 (height, width, channels) by resolution, and ``"scalefactors"``, as squidpy keeps them.

    None where there are no scale factors, without which no image can be placed. ValueError if a file cannot be read.
    """
    file = folder / "scalefactors_json.json"
    if not file.is_file():
        logger.info("read_spaceranger: %s is missing, so images and sizes of spots are left out", file)
        return None
    with reading(file, "JSON"):
        factors = json.loads(file.read_bytes())
    if not isinstance(factors, dict):
        msg = f"{file} must hold scale factors by name, such as 'tissue_hires_scalef', got {factors!r}"
        raise ValueError(msg)
    files = {name: folder / f"tissue_{name}_image.png" for name in RESOLUTIONS} if images else {}
    pixels = {name: _pixels(image) for name, image in files.items() if image.is_file()}
    if images and not pixels:
        logger.info("read_spaceranger: %s holds no tissue_hires_image.png or tissue_lowres_image.png", folder)
    return {"images": pixels, "scalefactors": factors}


def _pixels(file: Path) -> np.ndarray:
    from PIL import Image

    with reading(file, "an image", ", or pass images=False"), Image.open(file) as image:
        if image.mode.startswith("I"):  # 16 bits
            return (np.asarray(image) >> 8).astype(np.uint8)
        return np.asarray(image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB"))
