"""The image of the tissue, where squidpy and scanpy keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from mudata import MuData

RESOLUTIONS = ("hires", "lowres")
"""Images looked for, best first."""


@dataclass(frozen=True)
class TissueImage:
    """Image of one section.

    Parameters
    ----------
    pixels
        Shape (height, width) or (height, width, channels).
    scale
        Pixels of this image to a unit of the coordinates.
    spot_diameter
        In units of the coordinates, if known.
    """

    pixels: np.ndarray
    scale: float
    spot_diameter: float | None

    def draw(self, ax: Axes) -> None:
        """Draw beneath the spots, in units of the coordinates."""
        height, width = self.pixels.shape[:2]
        extent = (0, width / self.scale, height / self.scale, 0)
        ax.imshow(self.pixels, extent=extent, cmap="gray", zorder=0, interpolation="antialiased")


def tissue_image(mdata: MuData, section: str | None = None) -> TissueImage | None:
    """Image of a section, from ``uns["spatial"]`` of the MuData or of the first modality that has one.

    Parameters
    ----------
    mdata
        Object with ``uns["spatial"][section]["images"]`` and ``["scalefactors"]``.
    section
        Name of the section; None stands for the only one there is.

    Returns
    -------
    None where there is no image, or none for the section.
    """
    for holder in (mdata, *mdata.mod.values()):
        sections = holder.uns.get("spatial")
        if not isinstance(sections, Mapping):
            continue
        name = next(iter(sections)) if section is None and len(sections) == 1 else section
        record = sections.get(name)
        if not isinstance(record, Mapping):
            continue
        images, factors = record.get("images", {}), record.get("scalefactors", {})
        for resolution in RESOLUTIONS:
            if resolution in images and f"tissue_{resolution}_scalef" in factors:
                diameter = factors.get("spot_diameter_fullres")
                return TissueImage(
                    np.asarray(images[resolution]),
                    float(factors[f"tissue_{resolution}_scalef"]),
                    None if diameter is None else float(diameter),
                )
    return None
