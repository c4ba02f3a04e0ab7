"""Measured tissue, downloaded once."""

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
        Folder of the file, read without a network if it is there. None: ``$SPAMCA_DATA_DIR``, else the user's cache.
    url
        Folder to download from. None: ``$SPAMCA_DATA_URL``, else the releases of ``spamca-data``, which could not be verified.

    Returns
    -------
    MuData with modalities ``"rna"`` (raw counts) and ``"image"``; coordinates in ``obsm["spatial"]`` of both; the six regions in ``obs["label"]``,
    of which ``"undetermined"`` is none; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or its file has another content than expected.
    ConnectionError
        If the file cannot be downloaded; no part of it is kept.

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


def cortex(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Human prefrontal cortex with features of its histology, and its layers (5.5 MB).

    Section 151676 of Maynard et al. (2021), measured with 10x Visium: counts of 5,000 genes on 3,431 spots. The second modality holds 14
    features of colour and texture around each spot, from the image at low resolution, and the number of nuclei.

    Licences of the sources: of the counts the BANKSY user licence (non-commercial research), of
    image and layers Artistic-2.0.

    Parameters
    ----------
    path
        Folder of the file, read without a network if it is there. None: ``$SPAMCA_DATA_DIR``, else the user's cache.
    url
        Folder to download from. None: ``$SPAMCA_DATA_URL``, else the releases of ``spamca-data``, which could not be verified.

    Returns
    -------
    MuData with modalities ``"rna"`` (raw counts, genes by their Ensembl identifiers) and ``"image"``; coordinates in ``obsm["spatial"]`` of both; six
    layers and white matter in ``obs["label"]``; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or its file has another content than expected.
    ConnectionError
        If the file cannot be downloaded; no part of it is kept.

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


def lymph_node(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Human lymph node with two panels of proteins, and domains that an expert drew (0.9 MB).

    Section A1 of Long et al. (2024), measured with 10x Visium CytAssist: 31 antibodies on 3,484 spots. They are split at random into two
    panels of 16 and 15, so that two modalities can be integrated; the transcriptome of the section is not in this file. The labels
    are those of the annotation in the repository of SpaMosaic (``JinmiaoChenLab/SpaMosaic``).

    Licence of the source: MIT.

    Parameters
    ----------
    path
        Folder of the file, read without a network if it is there. None: ``$SPAMCA_DATA_DIR``, else the user's cache.
    url
        Folder to download from. None: ``$SPAMCA_DATA_URL``, else the releases of ``spamca-data``, which could not be verified.

    Returns
    -------
    MuData with modalities ``"adt_a"`` and ``"adt_b"``, raw counts; coordinates in ``obsm["spatial"]`` of both; the ten regions of the expert
    in ``obs["label"]``; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or its file has another content than expected.
    ConnectionError
        If the file cannot be downloaded; no part of it is kept.

    References
    ----------
    Long, Y. et al. (2024). Deciphering spatial domains from spatial multi-omics with SpatialGlue. Nature Methods 21, 1658-1667.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.lymph_node()
    >>> {name: modality.shape for name, modality in mdata.mod.items()}
    {'adt_a': (3484, 16), 'adt_b': (3484, 15)}
    """
    return load("hln_a1_panel_split.h5mu", path=path, url=url)


def mouse_brain(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Mouse brain with RNA and open chromatin, as reduced features (8.0 MB).

    A brain of day 22 after birth (Zhang et al. 2023), measured with spatial ATAC and RNA sequencing of the same pixels, of which 9,215 lie on the tissue. Each
    modality has 50 reduced features, those in the repository of SpaMosaic (``JinmiaoChenLab/SpaMosaic``), and no counts: features have
    no names of genes or peaks. The place of each pixel was inferred from the order of the rows.

    Licences of the sources: MIT; of the clusters none is stated.

    Parameters
    ----------
    path
        Folder of the file, read without a network if it is there. None: ``$SPAMCA_DATA_DIR``, else the user's cache.
    url
        Folder to download from. None: ``$SPAMCA_DATA_URL``, else the releases of ``spamca-data``, which could not be verified.

    Returns
    -------
    MuData with modalities ``"rna"`` and ``"atac"``; coordinates in ``obsm["spatial"]`` of both; in ``obs`` of both the clusters of the
    authors, found in one modality each: ``"rna_cluster"`` and ``"epi_cluster"``. They are no truth. The source, its commit and its
    licence are in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or its file has another content than expected.
    ConnectionError
        If the file cannot be downloaded; no part of it is kept.

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
