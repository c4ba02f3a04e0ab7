"""The matrix of counts in a Space Ranger folder: an HDF5 file or a folder of three text files."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from spamca.io._feature_types import FEATURE_TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

FILES = ("matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz")
"""What the folder of text files holds."""

METADATA = ("chemistry_description", "software_version")
"""Attributes of the HDF5 file that squidpy keeps."""


def find_matrix(path: Path, counts_file: str | None, *, raw: bool) -> Path:
    """File or folder with the matrix.

    Parameters
    ----------
    path
        Space Ranger's folder.
    counts_file
        Its name, if the caller gives one.
    raw
        Whether to look for all spots, under tissue or not.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If there are several.
    """
    if counts_file is not None:
        file = path / counts_file
        if not file.exists():
            msg = f"counts_file={counts_file!r} is not in {path}, which holds {_contents(path)}"
            raise FileNotFoundError(msg)
        return file
    stem = f"{'raw' if raw else 'filtered'}_feature_bc_matrix"
    # Files that 10x and GEO publish bear the name of the sample in front.
    for pattern in (f"{stem}.h5", stem, f"*{stem}.h5", f"*{stem}"):
        found = sorted(path.glob(pattern))
        if len(found) > 1:
            msg = f"{path} holds several matrices, {[file.name for file in found]}; name one with counts_file"
            raise ValueError(msg)
        if found:
            return found[0]
    msg = f"no matrix: {path} holds neither {stem}.h5 nor a folder {stem}, but {_contents(path)}{_elsewhere(path)}"
    raise FileNotFoundError(msg)


def read_matrix(file: Path) -> tuple[AnnData, dict[str, str]]:
    """Read all features, whatever their type.

    Parameters
    ----------
    file
        HDF5 file or folder.

    Returns
    -------
    Table with ``var["feature_types"]``, and what the HDF5 file says of the run: ``"library_id"`` and :data:`METADATA`.

    Raises
    ------
    FileNotFoundError
        If a file is missing in the folder.
    ValueError
        If it cannot be read, or barcodes repeat.
    """
    import scanpy as sc

    missing = [name for name in FILES if not (file / name).is_file()]
    # Cell Ranger before 3 wrote other names, uncompressed; scanpy knows them.
    if file.is_dir() and missing and not (file / "genes.tsv").is_file():
        msg = f"{file} lacks {', '.join(missing)}; a matrix in text form is {', '.join(FILES)}"
        raise FileNotFoundError(msg)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that repeat, which are dealt with later
            if file.is_dir():
                adata, attributes = sc.read_10x_mtx(file, make_unique=False, gex_only=False), {}
            else:
                adata, attributes = sc.read_10x_h5(file, gex_only=False), _attributes(file)
    except Exception as error:
        what = "a folder with a 10x matrix in text form" if file.is_dir() else "a 10x matrix in HDF5"
        msg = f"{file} cannot be read as {what} ({type(error).__name__}: {error}); copy it anew, or name another file with counts_file"
        raise ValueError(msg) from error
    if not adata.obs_names.is_unique:
        msg = f"{file} holds barcode {adata.obs_names[adata.obs_names.duplicated()][0]!r} more than once"
        raise ValueError(msg)
    if FEATURE_TYPES not in adata.var:
        adata.var[FEATURE_TYPES] = "Gene Expression"  # files of before there was anything else
    adata.X = csr_matrix(adata.X, dtype=np.float32)
    return adata, attributes


def _attributes(file: Path) -> dict[str, str]:
    import h5py

    with h5py.File(file, "r") as opened:
        found = {name: _text(opened.attrs[name]) for name in METADATA if name in opened.attrs}
        libraries = opened.attrs.get("library_ids", ())
        if len(libraries):
            found["library_id"] = _text(libraries[0])
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _contents(path: Path) -> str:
    names = sorted(entry.name for entry in path.iterdir())
    return f"{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else "nothing"


def _elsewhere(path: Path) -> str:
    """Where the folder that was meant may be."""
    if (path / "outs").is_dir():
        return f"; pass {path / 'outs'}"
    bins = sorted(str(folder) for folder in path.glob("binned_outputs/square_*"))
    return f"; these are bins of Visium HD, pass one of {', '.join(bins)}" if bins else ""
