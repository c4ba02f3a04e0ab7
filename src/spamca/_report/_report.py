"""``spamca.report``: everything that was found in a tissue, on one page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._checks import check_flag, check_path
from spamca._report.file import check_free, write
from spamca._report.pages import page

if TYPE_CHECKING:
    from pathlib import Path

    from mudata import MuData


def report(
    mdata: MuData,
    path: str | Path,
    *,
    key: str = _keys.SPAMCA,
    title: str | None = None,
    label_key: str | None = None,
    compute: bool = True,
    overwrite: bool = False,
) -> Path:
    """Write one HTML page about the domains of a tissue: figures, tables, and what they mean.

    The page needs no other file and no network, and can be mailed, printed and read by screen readers. It has a section for everything
    that is stored under ``key``: tissue, domains, confidence, number of domains, weights of the modalities, drivers, hierarchy, scores,
    training, warnings, parameters, and how to get the same result again. ``mdata`` stays as it is.

    Parameters
    ----------
    mdata
        Tissue with domains, after :func:`spamca.tl.integrate` or :func:`spamca.tl.transform`.
    path
        File to write. It is written under another name and renamed when it is complete.
    key
        The ``key_added`` of the result.
    title
        Heading of the page. None: ``"Spatial domains"``.
    label_key
        Column of ``mdata.obs`` with known labels to compare the domains with.
    compute
        Whether to compute what the page can show, is quick, and is not stored yet, such as the drivers of the domains where
        spots times features are at most 15 million.
    overwrite
        Whether to replace a file that exists.

    Returns
    -------
    The path of the file.

    Raises
    ------
    TypeError, ValueError
        If ``mdata`` is not a MuData, an argument is not of its kind, or the domains are not categories.
    KeyError
        If there are no domains under ``key``, no labels under ``label_key``, or no coordinates.
    FileExistsError
        If the file exists, without ``overwrite``.
    FileNotFoundError, IsADirectoryError
        If the folder does not exist, or ``path`` is a folder. Nothing is written after any error.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> spamca.tl.integrate(mdata, 3, progress_bar=False)
    >>> spamca.report(mdata, "report.html", label_key="label").name
    'report.html'
    """
    path = check_path("path", path, unfinished=f".{os.getpid()}.part.")
    check_flag("overwrite", overwrite)
    check_free(path, overwrite=overwrite)
    write(path, page(mdata, key=key, title=title, label_key=label_key, compute=compute), overwrite=overwrite)
    return path
