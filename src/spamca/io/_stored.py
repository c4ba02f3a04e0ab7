"""Files of the scverse: MuData, AnnData and SpatialData, in HDF5 and in Zarr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _edge
from spamca.io._from_anndata import from_anndata
from spamca.io._from_spatialdata import from_spatialdata
from spamca.io._types import types_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mudata import MuData

ZARR = ("zarr.json", ".zattrs", ".zgroup")  # files at the root of a store


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr store."""
    return any((path / name).is_file() for name in ZARR)


def zarr_kind(path: Path) -> str:
    """``"MuData"``, ``"AnnData"`` or ``"SpatialData"``, by the folders at its root."""
    if (path / "mod").is_dir():
        return "MuData"
    return "AnnData" if (path / "obs").is_dir() else "SpatialData"


def read_stored(path: Path, feature_types: Mapping[str, str | None] | None = None) -> MuData:
    """A MuData, or what is made of an AnnData or a SpatialData; ValueError if the features of an AnnData have no types."""
    kind = zarr_kind(path) if path.is_dir() else {".h5mu": "MuData"}.get(path.suffix, "AnnData")
    if kind == "MuData":
        import mudata

        if feature_types is not None:
            msg = f"feature_types={feature_types!r} names modalities, and {path} is a MuData, which has names for them"
            raise ValueError(msg)
        with _edge.without_pull():
            return mudata.read_h5mu(path) if path.is_file() else mudata.read_zarr(path)
    if kind == "SpatialData":
        import spatialdata

        return from_spatialdata(spatialdata.read_zarr(path), feature_types=feature_types)
    import anndata

    read = "read_h5ad" if path.is_file() else "read_zarr"
    adata = getattr(anndata, read)(path)
    if not types_of(adata):
        msg = (
            f"{path} is an AnnData without var['feature_types'], so its modality is not known: name it, as in "
            f"spamca.io.from_anndata({{'rna': anndata.{read}({str(path)!r})}}).write('tissue.h5mu')"
        )
        raise ValueError(msg)
    return from_anndata(adata, feature_types=feature_types)
