"""A part of the tissue, as squidpy's ``crop_coord`` names it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from spamca.pl._arguments import is_list, is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.pl._section import Crop, Section


def cropped(sections: Sequence[Section], crop_coord: Crop | Sequence[Crop] | None) -> list[Section]:
    """The sections with the part of each that is to be shown: of one crop for all, or of one for each.

    ValueError if a crop does not rise, or holds no spot of its section.
    """
    if crop_coord is None:
        return list(sections)
    several = is_list(crop_coord) and len(crop_coord) > 0 and all(map(is_list, crop_coord))
    crops: list[Any] = list(crop_coord) if several else [crop_coord] * len(sections)
    if len(crops) != len(sections):
        msg = f"crop_coord has {len(crops)} entries, but there are {len(sections)} sections; give each one, or one for all"
        raise ValueError(msg)
    return [_cropped(section, crop) for section, crop in zip(sections, crops, strict=True)]


def _cropped(section: Section, crop: Any) -> Section:
    if not is_list(crop) or len(crop) != 4 or not all(map(is_number, crop)):
        msg = f"crop_coord must be four numbers, (left, right, top, bottom) in units of the coordinates, got {crop!r}"
        raise ValueError(msg)
    left, right, top, bottom = map(float, crop)
    if left >= right or top >= bottom:
        msg = f"crop_coord must be (left, right, top, bottom), with left < right and top < bottom, got {crop!r}"
        raise ValueError(msg)
    found = replace(section, crop=(left, right, top, bottom), common=section.diameter)
    if not len(found.within().rows):
        (x, y), (width, height) = section.spatial.min(axis=0), section.spatial.max(axis=0)
        where = "the tissue" if section.name is None else repr(section.name)
        msg = (
            f"crop_coord={crop!r} holds no spot of {where}, which lies from {x:g} to {width:g} across and from {y:g} to "
            f"{height:g} down; give (left, right, top, bottom)"
        )
        raise ValueError(msg)
    return found
