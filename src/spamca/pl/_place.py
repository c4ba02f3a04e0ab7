"""Where a figure of tissue takes its panels from: sections, their images, the part that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._checks import check_coordinates, check_flag, find_library_key
from spamca.pl._crop import cropped
from spamca.pl._image import check_resolution, image_shown
from spamca.pl._section import find_sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

    from spamca.pl._section import Crop, Section


@dataclass(frozen=True)
class Place:
    """What the caller says about sections, images and the part to show, named as squidpy names it."""

    caller: str  # the function, for the log
    library_key: str | None = None
    library_id: str | Sequence[str] | None = None
    spatial_key: str = _keys.SPATIAL
    img: bool | None = False
    img_res_key: str | None = None
    crop_coord: Crop | Sequence[Crop] | None = None

    def sections(self, mdata: MuData) -> tuple[list[Section], bool]:
        """Sections to draw, and whether they are one that was not asked for as a list (TypeError, ValueError, KeyError)."""
        check_flag("img", self.img, optional=True)
        check_resolution(mdata, self.img_res_key)
        spatial = check_coordinates(mdata, self.spatial_key)
        library_key = find_library_key(mdata, self.library_key, self.caller)
        image = image_shown(mdata, self.img, self.spatial_key, self.caller)
        found = find_sections(
            mdata, spatial, library_key, image=image, library_id=self.library_id, img_res_key=self.img_res_key
        )
        found = cropped(found, self.crop_coord)
        return found, len(found) == 1 and (library_key is None or isinstance(self.library_id, str))
