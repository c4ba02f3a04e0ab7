"""Mouse brain with RNA and open chromatin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.datasets._download import load

if TYPE_CHECKING:
    import os

    from mudata import MuData


def mouse_brain(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Mouse brain with RNA and open chromatin, as reduced features (8.0 MB).

    A brain of day 22 after birth (Zhang et al. 2023), measured with spatial ATAC and RNA sequencing of the same pixels, of which 9,215 lie on the tissue. Each
    modality has 50 reduced features, those in the repository of SpaMosaic (``JinmiaoChenLab/SpaMosaic``), and no counts: features have
    no names of genes or peaks. The place of each pixel was inferred from the order of the rows.

    Licences of the sources: MIT; of the clusters none is stated.

    Parameters
    ----------
    path
        Folder of the file. None: that of the environment variable ``SPAMCA_DATA_DIR``, else the user's cache. A file that is there
        already, with the right content, is read without a network.
    url
        Address of the folder to download from. None: that of the environment variable ``SPAMCA_DATA_URL``, else the releases of
        ``spamca-data``. That address could not be verified when this was written.

    Returns
    -------
    MuData with modalities ``"rna"`` and ``"atac"``; coordinates in ``obsm["spatial"]`` of both; in ``obs`` of both the clusters of the
    authors, found in one modality each: ``"rna_cluster"`` and ``"epi_cluster"``. They are no truth. The source, its commit and its
    licence are in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or the file that it gives has another content than expected.
    ConnectionError
        If the file cannot be downloaded, or not to the end. Nothing is kept of it.

    References
    ----------
    Zhang, D. et al. (2023). Spatial epigenome-transcriptome co-profiling of mammalian tissues. Nature 616, 113-122.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.mouse_brain()
    >>> {name: modality.shape for name, modality in mdata.mod.items()}
    {'rna': (9215, 50), 'atac': (9215, 50)}
    """
    return load("p22_atac.h5mu", path=path, url=url)
