"""Images of tissue in squidpy's place, ``uns["spatial"]``."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spamca import _keys
from spamca._checks import check_name
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anndata import AnnData
    from mudata import MuData

RESOLUTIONS = ("hires", "lowres")  # the first that is there is drawn


class TissueImage(NamedTuple):
    """Image of one section."""

    pixels: np.ndarray  # (height, width) or (height, width, channels)
    scale: float  # pixels to a unit of the coordinates
    spot_diameter: float | None  # in units of the coordinates, if known


def image_shown(mdata: MuData, img: bool | None, spatial_key: str, caller: str) -> bool:  # noqa: FBT001 (an argument of the caller)
    """Whether to draw images: by default (None) under the coordinates that they were read with, and no others."""
    if img is not None or spatial_key == _keys.SPATIAL:
        return img is not False
    if any(images for _, images, _ in _records(mdata)):
        note = "%s: no image is drawn under spatial_key=%r, it lies under obsm[%r]; img=True draws it all the same"
        logger.info(note, caller, spatial_key, _keys.SPATIAL)
    return False


def check_resolution(mdata: MuData, img_res_key: str | None) -> None:
    """Whether there is an image of a resolution, where there are any (TypeError, KeyError)."""
    if img_res_key is None:
        return
    check_name("img_res_key", img_res_key)
    known = {str(name): None for _, images, factors in _records(mdata) for name in images if _scale(factors, name)}
    if known and img_res_key not in known:
        msg = f"img_res_key={img_res_key!r} is not among the images {list(known)} in uns['spatial']"
        raise KeyError(msg)


def has_record(mdata: MuData, section: str) -> bool:
    """Whether ``uns["spatial"]`` has a record of a section, of the MuData or a modality."""
    return any(name == section for name, _, _ in _records(mdata))


def tissue_image(mdata: MuData, section: str | None = None, img_res_key: str | None = None) -> TissueImage | None:
    """Image of a section (None: the only one), of a resolution or the best one, of the MuData or else of a modality."""
    for holder in (mdata, *mdata.mod.values()):
        records = list(_records_of(holder))
        for name, images, factors in records:
            if name != section and not (section is None and len(records) == 1):
                continue
            for resolution in RESOLUTIONS if img_res_key is None else (img_res_key,):
                scale = _scale(factors, resolution)
                if resolution in images and scale is not None:
                    diameter = _length(factors.get("spot_diameter_fullres"))
                    return TissueImage(np.asarray(images[resolution]), scale, diameter)
    return None


def _records(mdata: MuData) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for holder in (mdata, *mdata.mod.values()):
        yield from _records_of(holder)


def _records_of(holder: AnnData | MuData) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Name, images and scale factors of each section with a record."""
    records = holder.uns.get(_keys.SPATIAL)
    for name, record in records.items() if isinstance(records, Mapping) else ():
        parts = [record.get(part) if isinstance(record, Mapping) else None for part in ("images", "scalefactors")]
        images, factors = (part if isinstance(part, Mapping) else {} for part in parts)
        yield str(name), images, factors


def _scale(factors: Mapping[str, Any], resolution: str) -> float | None:
    """Pixels of an image to a unit of the coordinates, None where it is not known."""
    return _length(factors.get(f"tissue_{resolution}_scalef"))


def _length(value: Any) -> float | None:
    """A positive finite number, of Python or an array of one; None for anything else."""
    value = value.ravel()[0] if isinstance(value, np.ndarray) and value.size == 1 else value
    number = float(value) if isinstance(value, Real) else np.nan
    return number if 0 < number < np.inf else None
