"""Sections of the tissue: which spots, where, and on which image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca._checks import check_library
from spamca.pl._image import tissue_image
from spamca.pl._spots import spot_diameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.pl._image import TissueImage


@dataclass(frozen=True)
class Section:
    """Spots of one section.

    Parameters
    ----------
    name
        Name of the section, None where there is one only.
    rows
        Its spots among all, (n_spots,).
    spatial
        Their coordinates, (n_spots, 2).
    image
        Its image, if any.
    """

    name: str | None
    rows: np.ndarray
    spatial: np.ndarray
    image: TissueImage | None = None

    @cached_property
    def diameter(self) -> float:
        """Diameter of a spot: what the image's record says, else such that spots touch."""
        known = self.image.spot_diameter if self.image is not None else None
        return known or spot_diameter(self.spatial)

    @property
    def extent(self) -> np.ndarray:
        """Width and height with a margin, in diameters of a spot, (2,)."""
        return np.ptp(self.spatial, axis=0) / self.diameter + 2


def common_window(sections: Sequence[Section]) -> np.ndarray:
    """Width and height that hold any of the sections, in diameters of a spot, (2,).

    Panels of this size show all sections at one scale, even if their coordinates count in different units.
    """
    return np.max([section.extent for section in sections], axis=0)


def find_sections(mdata: MuData, spatial: np.ndarray, library_key: str | None, *, image: bool) -> list[Section]:
    """Split the tissue into its sections.

    Parameters
    ----------
    mdata
        Tissue, which may hold images.
    spatial
        Coordinates, (n_obs, 2).
    library_key
        Column of ``obs`` with the section of each spot, or None where there is one only.
    image
        Whether to look for images.

    Returns
    -------
    One entry a section: in the order of their categories, numbers by size, other names by the alphabet.
    """
    library = check_library(mdata, library_key)
    names = [None] if library is None else _in_order(mdata, library_key, library)
    sections = []
    for name in names:
        rows = np.arange(len(spatial)) if name is None else np.flatnonzero(library == name)
        sections.append(Section(name, rows, spatial[rows], tissue_image(mdata, name) if image else None))
    return sections


def _in_order(mdata: MuData, library_key: str, library: np.ndarray) -> list[str]:
    found = set(library)
    for holder in (mdata, *mdata.mod.values()):
        if library_key in holder.obs:
            names = dict.fromkeys(str(name) for name in pd.Categorical(holder.obs[library_key]).categories)
            if found <= names.keys():
                return [name for name in names if name in found]
    return sorted(found)  # no one column knows all sections
