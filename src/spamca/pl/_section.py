"""Sections of the tissue: which spots, where, and on which image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from spamca import _keys
from spamca._checks import check_library, slices
from spamca._logging import logger
from spamca.pl._spots import spot_diameter

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

LEAST_EXTENT = 1e-50  # of tissue in units of its coordinates
SAME_UNITS = 4  # times that diameters of spots differ, at most, where sections are measured in the same units


class TissueImage(NamedTuple):
    """Image of one section."""

    pixels: np.ndarray  # (height, width) or (height, width, channels)
    scale: float  # pixels to a unit of the coordinates
    spot_diameter: float | None  # in units of the coordinates, if known


@dataclass(frozen=True)
class Section:
    """Spots of one section."""

    name: str | None  # None where there is one section only
    rows: np.ndarray  # its spots among all, (n_spots,)
    spatial: np.ndarray  # their coordinates, (n_spots, 2)
    image: TissueImage | None = None
    common: float | None = None  # diameter of a spot in all sections of one scale, if it was found

    def titled(self, text: str) -> str:
        """A title with the name of the section, if it has one."""
        return text if self.name is None else f"{self.name}: {text}"

    @cached_property
    def diameter(self) -> float:
        """Diameter of a spot: that in the record of the image, else such that spots touch."""
        known = self.image.spot_diameter if self.image is not None else None
        return known or self.common or spot_diameter(self.spatial)

    @property
    def extent(self) -> np.ndarray:
        """Width and height with a margin, in diameters of a spot, (2,)."""
        return np.ptp(self.spatial, axis=0) / self.diameter + 2


def find_sections(mdata: MuData, spatial: np.ndarray, library_key: str | None, *, image: bool) -> list[Section]:
    """Split the tissue, with coordinates (n_obs, 2), into its sections in the order of their categories.

    Where coordinates have a third column, (n_obs, 3), every slice of a section is one. ValueError if there are many.
    """
    library, unit = check_library(mdata, library_key), _unit(spatial)
    if library is None or library_key is None:
        sections = [Section(None, np.arange(len(spatial)), spatial, tissue_image(mdata) if image else None)]
    else:
        sections = []
        for name in _in_order(mdata, library_key, library):
            rows = np.flatnonzero(library == name)
            sections.append(Section(name, rows, spatial[rows], tissue_image(mdata, name) if image else None))
    if spatial.shape[1] > 2:
        slices(spatial, library, "figures show")
        sections = [one for section in sections for one in _slices(section)]
    sections = [_in_unit(section, unit) for section in sections]
    return _of_one_scale(sections) if len(sections) > 1 else sections


def _slices(section: Section) -> list[Section]:
    """The section in slices of one third coordinate, the lowest first."""
    depths, found = np.unique(section.spatial[:, 2]), []
    for depth in depths:
        own = section.spatial[:, 2] == depth
        name = section.name if len(depths) == 1 else section.titled(f"z = {depth:g}")
        found.append(replace(section, name=name, rows=section.rows[own], spatial=section.spatial[own, :2]))
    return found


def image_shown(mdata: MuData, image: bool | None, spatial_key: str, caller: str) -> bool:  # noqa: FBT001 (an argument of the caller)
    """Whether to draw images: by default (None) under the coordinates that they were read with, and no others."""
    if image is not None or spatial_key == _keys.SPATIAL:
        return image is not False
    if any(_images(holder) for holder in (mdata, *mdata.mod.values())):
        note = "%s: no image is drawn under spatial_key=%r, it lies under obsm[%r]; image=True draws it all the same"
        logger.info(note, caller, spatial_key, _keys.SPATIAL)
    return False


def _images(holder: AnnData | MuData) -> bool:
    """Whether ``uns`` names an image."""
    records = holder.uns.get(_keys.SPATIAL)
    records = records.values() if isinstance(records, Mapping) else ()
    return any(isinstance(record, Mapping) and bool(record.get("images")) for record in records)


def _unit(spatial: np.ndarray) -> float:
    """What to multiply coordinates (n, 2) with so that squares of theirs neither overflow nor vanish; 1 for those of tissue."""
    reach = float(np.abs(spatial).max(initial=0.0))
    extent = float(np.ptp(spatial / reach, axis=0).max()) * reach if reach else 0.0
    return 1.0 if LEAST_EXTENT < extent < 1 / LEAST_EXTENT or not extent else 1 / reach


def _in_unit(section: Section, unit: float) -> Section:
    """A section in other units, which figures do not show; no image has such units."""
    return section if unit == 1 else replace(section, spatial=section.spatial * unit, image=None)


def _of_one_scale(sections: list[Section]) -> list[Section]:
    """Sections with one diameter where those found differ little: they then have the same units, and are drawn at one scale."""
    diameters = [section.diameter for section in sections]
    if max(diameters) > SAME_UNITS * min(diameters):
        return sections
    return [replace(section, common=float(np.median(diameters))) for section in sections]


def tissue_image(mdata: MuData, section: str | None = None) -> TissueImage | None:
    """Best image of a section (None: the only one), if any, in squidpy's place, of the MuData or else of a modality."""
    for holder in (mdata, *mdata.mod.values()):
        records = holder.uns.get("spatial")
        if not isinstance(records, Mapping):
            continue
        record = next(iter(records.values())) if section is None and len(records) == 1 else records.get(section)
        if not isinstance(record, Mapping):
            continue
        images, factors = record.get("images", {}), record.get("scalefactors", {})
        factors = factors if isinstance(factors, Mapping) else {}
        diameter = _length(factors.get("spot_diameter_fullres"))
        for resolution in ("hires", "lowres"):
            scale = _length(factors.get(f"tissue_{resolution}_scalef"))
            if isinstance(images, Mapping) and resolution in images and scale is not None:
                return TissueImage(np.asarray(images[resolution]), scale, diameter)
    return None


def _length(value: Any) -> float | None:
    """A positive finite number, of Python or an array of one; None for anything else."""
    value = value.ravel()[0] if isinstance(value, np.ndarray) and value.size == 1 else value
    number = float(value) if isinstance(value, Real) else np.nan
    return number if 0 < number < np.inf else None


def _in_order(mdata: MuData, library_key: str, library: np.ndarray) -> list[str]:
    found = set(library)
    for holder in (mdata, *mdata.mod.values()):
        if library_key in holder.obs:
            names = dict.fromkeys(str(name) for name in pd.Categorical(holder.obs[library_key]).categories)
            if found <= names.keys():
                return [name for name in names if name in found]
    return sorted(found)  # no one column knows all sections
