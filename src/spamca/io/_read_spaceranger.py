"""``io.read_spaceranger``: a MuData from a folder that Space Ranger wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
from spamca._checks import check_flag, check_name, check_path
from spamca.io._join import by_types
from spamca.io._spaceranger_files import METADATA, find_matrix, read_images, read_matrix, read_positions

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from mudata import MuData

# spatialdata-io 0.7.1 fails on four kinds of folders in tests/io: one size of bins of Visium HD, no scale factors, a grey image,
# tissue_positions.csv without a header. By default it drops antibodies; positions that are cut off become NaN without an error.


def read_spaceranger(
    path: str | os.PathLike[str],
    *,
    raw: bool = False,
    counts_file: str | None = None,
    library_id: str | None = None,
    images: bool = True,
    feature_types: Mapping[str, str | None] | None = None,
) -> MuData:
    """Read a folder that Space Ranger wrote: genes, antibodies and whatever else was counted, one modality each.

    Folders of all versions are read, of Visium HD too.

    Parameters
    ----------
    path
        The folder ``outs``; of Visium HD one size of bins, such as ``outs/binned_outputs/square_008um``. It holds a
        matrix and a folder ``spatial``.
    raw
        Whether to read ``raw_feature_bc_matrix``, with spots that no tissue covers, and not the filtered one.
    counts_file
        Name of the matrix in the folder, an HDF5 file or a folder, if it is not the one that Space Ranger gives. The name
        of a sample may stand in front of the usual one.
    library_id
        Name under which the image is kept. By default that in the matrix, else the name of the folder.
    images
        Whether to read the images.
    feature_types
        Modality of features by their type, for types that are not known or to name them otherwise:
        ``{"Custom": "rna"}``. None leaves a type out.

    Returns
    -------
    MuData with modalities ``"rna"`` (gene expression), ``"protein"`` (antibody capture), ``"atac"`` (peaks), and others as
    ``feature_types`` names them. Each has

    ``X``
        Counts, CSR, float32.
    ``obs["in_tissue"]``, ``obs["array_row"]``, ``obs["array_col"]``
        Whether tissue covers the spot, and where the spot lies in the array.
    ``obsm["spatial"]``
        Coordinates x (``pxl_col_in_fullres``) and y (``pxl_row_in_fullres``), on the MuData too.
    ``var["gene_ids"]``, ``var["feature_types"]``
        As in the matrix, which may also have ``var["isotype_control"]``.
    ``var["control"]``
        Where there are any: controls, such as antibodies that bind nothing in the tissue, are flagged and not dropped.
    ``uns["spatial"][library_id]``
        ``images``, ``scalefactors`` and ``metadata``, as squidpy keeps them, on the MuData too. The arrays are shared in
        memory; a file holds a copy for each.

    A protein with the name of a gene gets ``"protein:"`` in front of it.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If the folder, the matrix or the positions are missing, or ``path`` is a file.
    TypeError
        If an argument is not of the kind that it should be.
    ValueError
        If a file is broken, or matrix and positions do not belong together, and the message names the file; or if a type
        of features is unknown.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.io.read_spaceranger("tonsil/outs")  # doctest: +SKIP
    >>> spamca.pp.neighbors(mdata)  # doctest: +SKIP
    """
    check_flag("raw", raw)
    check_flag("images", images)
    for name, value in (("counts_file", counts_file), ("library_id", library_id)):
        if value is not None:
            check_name(name, value)
    if raw and counts_file is not None:
        msg = f"raw=True looks for the raw matrix, counts_file={counts_file!r} names one; leave one of them out"
        raise ValueError(msg)
    if library_id is not None and (not library_id or "/" in library_id):
        msg = f"library_id must not be empty or hold '/', which files do not store, got {library_id!r}"
        raise ValueError(msg)
    path = check_path("path", path)
    if not path.exists():
        msg = f"path={str(path)!r} does not exist; pass the folder 'outs' that Space Ranger wrote"
        raise FileNotFoundError(msg)
    if not path.is_dir():
        msg = f"path={str(path)!r} is a file; pass the folder 'outs' that it lies in, and its name as counts_file"
        raise NotADirectoryError(msg)

    adata, attributes = read_matrix(find_matrix(path, counts_file, raw=raw))
    grid, coords = read_positions(path / "spatial", adata.obs_names)
    record = read_images(path / "spatial", images=images)

    adata.obs[list(grid)] = grid.to_numpy()
    adata.obsm[_keys.SPATIAL] = coords
    section = None
    if record is not None:
        folder = path.resolve()
        name = (folder.parent.name if folder.name == "outs" else folder.name) or "tissue"
        library_id = library_id or attributes.get("library_id", name)
        record["metadata"] = {name: attributes[name] for name in METADATA if name in attributes}
        section = library_id, record
    return by_types(adata, "read_spaceranger", feature_types, section, "spots")
