"""The image of the one section that a MuData holds, and what is known with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys
from spamca.io._images import RESOLUTIONS

if TYPE_CHECKING:
    from mudata import MuData


def section(mdata: MuData) -> tuple[str, dict[str, Any]]:
    """Name of the section and its images and scale factors, both empty where there is none, or more than one."""
    for holder in (mdata, *mdata.mod.values()):
        sections = holder.uns.get(_keys.SPATIAL)
        if isinstance(sections, Mapping) and len(sections) == 1:
            ((name, record),) = sections.items()
            if isinstance(record, Mapping):
                return name, {key: dict(record.get(key) or {}) for key in ("images", "scalefactors")}
    return "", {"images": {}, "scalefactors": {}}


def image_elements(mdata: MuData) -> dict[str, Any]:
    """Images as elements of a SpatialData, in the same coordinate system as the spots, named as spatialdata-io does."""
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Scale

    name, record = section(mdata)
    elements = {}
    for resolution in RESOLUTIONS:
        pixels, factor = record["images"].get(resolution), record["scalefactors"].get(f"tissue_{resolution}_scalef")
        if pixels is None or not factor:
            continue
        pixels = np.atleast_3d(np.asarray(pixels))
        to_global = Scale([1 / float(factor)] * 2, axes=("x", "y"))
        key = re.sub(r"[^\w.-]", "_", f"{name}_{resolution}_image")
        elements[key] = Image2DModel.parse(
            np.moveaxis(pixels, -1, 0), dims=("c", "y", "x"), transformations={"global": to_global}
        )
    return elements
