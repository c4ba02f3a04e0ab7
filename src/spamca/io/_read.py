"""``io.read``: a MuData from a file, or from the folder of any platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca._checks import check_count, check_flag, check_path
from spamca._logging import logger
from spamca.io._platforms import recognised
from spamca.io._stored import is_zarr, read_stored
from spamca.io._visium_hd import CELLS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from mudata import MuData

FILES = (".h5mu", ".h5ad")


def read(
    path: str | os.PathLike[str],
    *,
    bin_size: int | str = 8,
    images: bool = True,
    feature_types: Mapping[str, str | None] | None = None,
) -> MuData:
    """Read a tissue: the folder that a platform wrote, or a file of the scverse. Its files tell which it is.

    Parameters
    ----------
    path
        A folder of

        - Visium: ``outs`` of Space Ranger 1 to 4;
        - Visium HD: ``outs``, ``binned_outputs``, one size of bins such as ``square_008um``, or ``segmented_outputs``;
        - Xenium: with genes, and with proteins where they were imaged;
        - CosMx: flat files, of genes, of proteins, or of both in one run, in one folder or in a folder each;
        - MERSCOPE: a region, or what Vizgen's postprocessing tool wrote;

        or the folder above; or MuData (``.h5mu``, Zarr), AnnData (``.h5ad``, Zarr) or SpatialData (Zarr).
    bin_size
        Of Visium HD, the size of bins in micrometres: 8 has the resolution of cells and enough counts, 16 is a quarter of
        the cost, 2 is mostly empty. ``"cells"`` takes segmented cells. Where there are only cells, these are read.
    images
        Whether to read the images that Space Ranger writes.
    feature_types
        Modality of features by their type, for types that are not known or to name them otherwise:
        ``{"Custom": "rna"}``. None leaves a type out.

    Returns
    -------
    MuData with a modality for each omics, ``"rna"`` first, coordinates of all spots in ``obsm["spatial"]``, float64 of shape
    (n_obs, 2): micrometres for Xenium and MERSCOPE, else pixels of the image or slide. Columns of the cells' own table are in
    ``obs`` of each modality. Controls of the assay stay in the modality that they control, flagged in its
    ``var["control"]``. A MuData is returned as it is.

    Raises
    ------
    FileNotFoundError
        If the path, or a file in the folder, does not exist.
    TypeError
        If an argument is not of the kind that it should be.
    ValueError
        If the folder is of no platform that is known, or of several; if a file is broken, or files do not belong together;
        if a type of features is unknown, or an AnnData has none.

    See Also
    --------
    spamca.io.read_spaceranger : more choices for Visium, such as the raw matrix.
    spamca.io.from_anndata : tables that are in memory.
    spamca.io.from_spatialdata : tables of a SpatialData by name, or in a coordinate system.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.io.read("output-XETG00001__0012345__Region_1")  # doctest: +SKIP
    >>> spamca.pp.neighbors(mdata)  # doctest: +SKIP
    >>> spamca.tl.integrate(mdata)  # doctest: +SKIP
    """
    check_flag("images", images)
    _check_bin_size(bin_size)
    path = check_path("path", path)
    if not path.exists():
        msg = f"path={str(path)!r} does not exist"
        raise FileNotFoundError(msg)
    if path.suffix in FILES or (path.is_dir() and is_zarr(path)):
        return read_stored(path, feature_types)
    if not path.is_dir():
        msg = (
            f"path={str(path)!r} is none of {', '.join(FILES)}; a platform is known by its files, so pass their folder"
        )
        raise ValueError(msg)
    platform, folder = recognised(path)
    logger.info("read: %s is a folder of %s", folder, platform.name)
    return platform.read(folder, bin_size=bin_size, images=images, feature_types=feature_types)


def _check_bin_size(bin_size: int | str) -> None:
    """Whether it is a size in micrometres, or ``"cells"`` (TypeError, ValueError)."""
    if isinstance(bin_size, str):
        if bin_size == CELLS:
            return
        msg = f"bin_size must be a number of micrometres, such as 2, 8 or 16, or 'cells', got {bin_size!r}"
        raise ValueError(msg)
    check_count("bin_size", bin_size, least=1)
