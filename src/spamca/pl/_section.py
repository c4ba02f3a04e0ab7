"""Sections of the tissue: which spots, where, and on which image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca._checks import check_library, slices
from spamca.pl._arguments import check_names
from spamca.pl._image import has_record, tissue_image
from spamca.pl._spots import spot_diameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.pl._image import TissueImage

Crop = tuple[float, float, float, float]
"""Left, right, top and bottom of what is shown, in units of the coordinates."""

LEAST_EXTENT = 1e-50  # of tissue in units of its coordinates
SAME_UNITS = 4  # times that diameters of spots differ, at most, where sections are measured in the same units


@dataclass(frozen=True)
class Section:
    """Spots of one section."""

    name: str | None  # None where there is one section only
    rows: np.ndarray  # its spots among all, (n_spots,)
    spatial: np.ndarray  # their coordinates, (n_spots, 2)
    image: TissueImage | None = None
    common: float | None = None  # diameter of a spot in all sections of one scale, if it was found
    crop: Crop | None = None  # None to show all

    def titled(self, text: str) -> str:
        """A title with the name of the section, if it has one."""
        return text if self.name is None else f"{self.name}: {text}"

    @cached_property
    def diameter(self) -> float:
        """Diameter of a spot: that in the record of the image, else such that spots touch."""
        known = self.image.spot_diameter if self.image is not None else None
        return known or self.common or spot_diameter(self.spatial)

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of what is shown, each (2,): those of the crop, else of all spots with a margin."""
        if self.crop is not None:
            left, right, top, bottom = self.crop
            return np.array([left, top]), np.array([right, bottom])
        return self.spatial.min(axis=0) - self.diameter, self.spatial.max(axis=0) + self.diameter

    @property
    def extent(self) -> np.ndarray:
        """Width and height of what is shown, in diameters of a spot, (2,)."""
        low, high = self.bounds
        return (high - low) / self.diameter

    def within(self, margin: float = 0.0) -> Section:
        """The section with no other spots than those whose centre is shown, or lies up to a margin away, in diameters."""
        if self.crop is None:
            return self
        (low, high), reach = self.bounds, margin * self.diameter
        shown = ((self.spatial >= low - reach) & (self.spatial <= high + reach)).all(axis=1)
        return replace(self, rows=self.rows[shown], spatial=self.spatial[shown], common=self.diameter)


def find_sections(
    mdata: MuData,
    spatial: np.ndarray,
    library_key: str | None,
    *,
    image: bool,
    library_id: str | Sequence[str] | None = None,
    img_res_key: str | None = None,
) -> list[Section]:
    """Split the tissue, with coordinates (n_obs, 2), into its sections in the order of their categories, or those of ``library_id``.

    Where coordinates have a third column, (n_obs, 3), every slice of a section is one. ValueError if there are many.
    """
    library, unit = check_library(mdata, library_key), _unit(spatial)
    chosen = None if library_id is None else check_names("library_id", library_id)
    if library is None or library_key is None:
        name = None if chosen is None else _only_record(mdata, chosen)
        picture = tissue_image(mdata, name, img_res_key) if image else None
        sections = [Section(None, np.arange(len(spatial)), spatial, picture)]
    else:
        sections, known = [], _in_order(mdata, library_key, library)
        for name in known if chosen is None else check_names("library_id", chosen, known):
            rows = np.flatnonzero(library == name)
            picture = tissue_image(mdata, name, img_res_key) if image else None
            sections.append(Section(name, rows, spatial[rows], picture))
    if spatial.shape[1] > 2:
        slices(spatial, library, "figures show")
        sections = [one for section in sections for one in _slices(section)]
    sections = [_in_unit(section, unit) for section in sections]
    return _of_one_scale(sections) if len(sections) > 1 else sections


def _only_record(mdata: MuData, chosen: list[str]) -> str:
    """The record of an image that is chosen where no column names sections (KeyError)."""
    if len(chosen) == 1 and has_record(mdata, chosen[0]):
        return chosen[0]
    msg = f"library_id={chosen!r} needs library_key, the column of obs with the section of each spot"
    raise KeyError(msg)


def _slices(section: Section) -> list[Section]:
    """The section in slices of one third coordinate, the lowest first."""
    depths, found = np.unique(section.spatial[:, 2]), []
    for depth in depths:
        own = section.spatial[:, 2] == depth
        name = section.name if len(depths) == 1 else section.titled(f"z = {depth:g}")
        found.append(replace(section, name=name, rows=section.rows[own], spatial=section.spatial[own, :2]))
    return found


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


def _in_order(mdata: MuData, library_key: str, library: np.ndarray) -> list[str]:
    found = set(library)
    for holder in (mdata, *mdata.mod.values()):
        if library_key in holder.obs:
            names = dict.fromkeys(str(name) for name in pd.Categorical(holder.obs[library_key]).categories)
            if found <= names.keys():
                return [name for name in names if name in found]
    return sorted(found)  # no one column knows all sections
