"""Human prefrontal cortex with features of its histology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.datasets._download import load

if TYPE_CHECKING:
    import os

    from mudata import MuData


def cortex(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Human prefrontal cortex with features of its histology, and its layers (5.5 MB).

    Section 151676 of Maynard et al. (2021), measured with 10x Visium: counts of 5,000 genes on 3,431 spots. The second modality holds 14
    features of colour and texture around each spot, from the image at low resolution, and the number of nuclei.

    Licences of the sources: of the counts the BANKSY user licence (non-commercial research), of
    image and layers Artistic-2.0.

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
    MuData with modalities ``"rna"`` (raw counts, genes by their Ensembl identifiers) and ``"image"``; coordinates in ``obsm["spatial"]`` of both; six
    layers and white matter in ``obs["label"]``; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or the file that it gives has another content than expected.
    ConnectionError
        If the file cannot be downloaded, or not to the end. Nothing is kept of it.

    References
    ----------
    Maynard, K. R. et al. (2021). Transcriptome-scale spatial gene expression in the human dorsolateral prefrontal cortex. Nature Neuroscience 24, 425-436.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.cortex()
    >>> {name: modality.shape for name, modality in mdata.mod.items()}
    {'rna': (3431, 5000), 'image': (3431, 15)}
    """
    return load("dlpfc_151676.h5mu", path=path, url=url)
