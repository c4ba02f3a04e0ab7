"""Files that platforms write: one by its name, and tables of counts in text, which are read in parts."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

VALUES = 2**24  # values of a table of counts that are held densely at a time


@contextmanager
def reading(file: Path, what: str, instead: str = "") -> Iterator[None]:
    """Name the file, and what it should be, in errors of libraries."""
    try:
        yield
    except Exception as error:
        kind = FileNotFoundError if isinstance(error, FileNotFoundError) else ValueError
        msg = f"{file} cannot be read as {what} ({type(error).__name__}: {error}); copy it again{instead}"
        raise kind(msg) from error


def matching(folder: Path, pattern: str) -> list[Path]:
    """What matches a pattern, by name; not the hidden ``._`` files that macOS leaves next to those that it copies."""
    return sorted(found for found in folder.glob(pattern) if not found.name.startswith("._"))


def one_of(folder: Path, *patterns: str) -> Path | None:
    """The file that matches the first pattern that any does, None where there is none; ValueError if there are several."""
    for pattern in patterns:
        found = matching(folder, pattern)
        if len(found) > 1:
            msg = f"{folder} holds several files {pattern}: {[file.name for file in found]}; give each a folder of its own"
            raise ValueError(msg)
        if found:
            return found[0]
    return None


def needed(folder: Path, *patterns: str) -> Path:
    """The same; FileNotFoundError if there is none."""
    found = one_of(folder, *patterns)
    if found is None:
        msg = f"{folder} holds none of {', '.join(patterns)}; copy it from where the run was exported"
        raise FileNotFoundError(msg)
    return found


def read_table(file: Path) -> pd.DataFrame:
    """A Parquet or CSV file, compressed or not."""
    with reading(file, "a table"):
        return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, low_memory=False)


def read_counts(file: Path, keys: Collection[str]) -> tuple[pd.DataFrame, sparse.csr_matrix, pd.Index]:
    """A CSV file with a row for each cell: its columns that are ``keys``, values of the others, and their names.

    Values are float32, (n_cells, n_features). A dense table of 500,000 cells and 18,000 genes has 36 GB.
    """
    with reading(file, "a table"):
        columns = pd.read_csv(file, nrows=0).columns
        first = [name for name in columns if name in keys or str(name).startswith("Unnamed")]
        features = columns.drop(first)
        types = dict.fromkeys(features, np.float32) | dict.fromkeys(first, str)
        parts = pd.read_csv(file, dtype=types, chunksize=max(1, VALUES // len(columns)))
        found = [(part[first], sparse.csr_matrix(part[features].to_numpy(np.float32))) for part in parts]
    if not found or not len(features):
        msg = f"{file} must hold a row for each cell and a column for each feature, it has columns {list(columns[:5])}"
        raise ValueError(msg)
    return (
        pd.concat([one for one, _ in found], ignore_index=True),
        sparse.vstack([one for _, one in found], "csr"),
        features,
    )


def check_columns(table: pd.DataFrame, columns: Sequence[str], file: Path) -> None:
    """Whether a table has these columns (ValueError)."""
    if missing := [name for name in columns if name not in table]:
        msg = f"{file} lacks the columns {', '.join(missing)}; it has {list(table.columns[:8])}"
        raise ValueError(msg)


def check_once(names: pd.Index, what: str) -> None:
    """Whether names differ (ValueError); ``what`` begins the message."""
    if not names.is_unique:
        msg = f"{what} {names[names.duplicated()][0]!r} more than once"
        raise ValueError(msg)


def numbers(table: pd.DataFrame, columns: Sequence[str], file: Path) -> np.ndarray:
    """Columns of a table as coordinates, (n, 2), float64; ValueError if one is missing or holds no numbers."""
    check_columns(table, columns, file)
    found = table[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    for row, column in np.argwhere(~np.isfinite(found)):
        name = columns[column]
        msg = f"{file} must hold numbers, {name} of {table.index[row]!r} is {table[name].iloc[row]}; copy it again"
        raise ValueError(msg)
    return found


def placed(adata: AnnData, cells: pd.DataFrame, columns: Sequence[str], file: Path, verb: str) -> AnnData:
    """The cells that have a place: with ``cells`` (by name) in ``obs`` and its ``columns`` as coordinates.

    ValueError if names repeat or no cell has a place.
    """
    check_once(cells.index, f"{file} holds cell")
    check_once(adata.obs_names, "the matrix holds cell")
    known = adata.obs_names.isin(cells.index)
    if not known.any():
        msg = (
            f"no cell of the matrix is in {file}: the matrix begins with {list(adata.obs_names[:2])}, the file with "
            f"{list(cells.index[:2])}; they are of different runs"
        )
        raise ValueError(msg)
    if not known.all():
        example = adata.obs_names[~known][0]
        logger.info("%s: %d cells left out, which %s does not have, e.g. %r", verb, (~known).sum(), file.name, example)
        adata = adata[known].copy()
    cells = cells.loc[adata.obs_names]
    adata.obsm[_keys.SPATIAL] = numbers(cells, columns, file)
    adata.obs = _storable(cells.drop(columns=list(columns)))
    return adata


def _storable(cells: pd.DataFrame) -> pd.DataFrame:
    """Columns as files store them: text as categories, and no slash in a name."""
    text = [name for name in cells if not pd.api.types.is_numeric_dtype(cells[name].dtype)]
    kept = cells.assign(**{name: pd.Categorical(cells[name].astype(str).where(cells[name].notna())) for name in text})
    return kept.rename_axis(None).rename(columns=lambda name: str(name).replace("/", "_"))


def table_of(values: sparse.csr_matrix, names: Sequence[str], features: Sequence[str], kind: str) -> AnnData:
    """A table of features of one type."""
    var = pd.DataFrame({_keys.FEATURE_TYPES: kind}, index=pd.Index(features, dtype=str))
    return AnnData(values, obs=pd.DataFrame(index=pd.Index(names, dtype=str)), var=var)


def contents(folder: Path) -> str:
    """What a folder holds, for messages."""
    names = sorted(
        f"{entry.name}/" if entry.is_dir() else entry.name for entry in itertools.islice(folder.iterdir(), 999)
    )
    return f"{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" or "nothing"
