"""Figures of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mudata import MuData

FORMATS = ("png", "pdf", "svg")


def _domains(mdata: MuData, key: str) -> Any:
    from spamca.pl import spatial_clusters

    return spatial_clusters(mdata, color=key)


def _weights(mdata: MuData, key: str) -> Any:
    from spamca.pl import modality_weights

    return modality_weights(mdata, key=key)


def _confidence(mdata: MuData, key: str) -> Any:
    from spamca.pl import spatial_clusters

    return spatial_clusters(mdata, color=_keys.confidence(key))


FIGURES: dict[str, Callable[[MuData, str], Any]] = {
    "domains": _domains,
    "modality_weights": _weights,
    "confidence": _confidence,
}
"""Name of the file, and what draws it."""


def draw(name: str, mdata: MuData, path: Path, *, form: str, key_added: str = _keys.SPAMCA) -> None:
    """Draw a figure into a file.

    Parameters
    ----------
    name
        One of :data:`FIGURES`.
    mdata
        Tissue with results.
    path
        The file, whatever its suffix.
    form
        One of :data:`FORMATS`.
    key_added
        Name of the result.
    """
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    import numpy as np

    axes = np.ravel(FIGURES[name](mdata, key_added))
    figure = axes[0].figure
    try:
        # No date in the file: the same result gives the same bytes.
        metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(form)
        figure.savefig(path, format=form, dpi=200, bbox_inches="tight", metadata=metadata)
    finally:
        plt.close(figure)
