"""Human lymph node with two panels of proteins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.datasets._download import load

if TYPE_CHECKING:
    import os

    from mudata import MuData


def lymph_node(*, path: str | os.PathLike[str] | None = None, url: str | None = None) -> MuData:
    """Human lymph node with two panels of proteins, and domains that an expert drew (0.9 MB).

    Section A1 of Long et al. (2024), measured with 10x Visium CytAssist: 31 antibodies on 3,484 spots. They are split at random into two
    panels of 16 and 15, so that two modalities can be integrated; the transcriptome of the section is not in this file. The labels
    are those of the annotation in the repository of SpaMosaic (``JinmiaoChenLab/SpaMosaic``).

    Licence of the source: MIT.

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
    MuData with modalities ``"adt_a"`` and ``"adt_b"``, raw counts; coordinates in ``obsm["spatial"]`` of both; the ten regions of the expert
    in ``obs["label"]``; the source, its commit and its licence in ``uns["provenance"]``.

    Raises
    ------
    TypeError, ValueError
        If ``path`` is no path, ``url`` no address, or the file that it gives has another content than expected.
    ConnectionError
        If the file cannot be downloaded, or not to the end. Nothing is kept of it.

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
