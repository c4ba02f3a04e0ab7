"""Human breast tumour with features of its histology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.datasets._download import load

if TYPE_CHECKING:
    import os

    from mudata import MuData


def breast_tumour(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Human HER2-positive breast tumour with features of its histology, and regions of a pathologist (2.7 MB).

    Section A1 of Andersson et al. (2021), measured with Spatial Transcriptomics: counts of 14,532 genes on 346 spots. The second modality
    holds 28 features of colour and texture, in two sizes of windows around each spot.

    The source states no licence.

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
    MuData with modalities ``"rna"`` (raw counts) and ``"image"``; coordinates in ``obsm["spatial"]`` of both; the six regions in ``obs["label"]``,
    of which ``"undetermined"`` is none; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or the file that it gives has another content than expected.
    ConnectionError
        If the file cannot be downloaded, or not to the end. Nothing is kept of it.

    References
    ----------
    Andersson, A. et al. (2021). Spatial deconvolution of HER2-positive breast cancer delineates tumor-associated cell type interactions. Nature Communications 12, 6012.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.breast_tumour()
    >>> {name: modality.shape for name, modality in mdata.mod.items()}
    {'rna': (346, 14532), 'image': (346, 28)}
    """
    return load("her2st_a1.h5mu", path=path, url=url)
