"""How figures of tissue look: spots, missing values, image, legends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.colors import Colormap, is_color_like, to_rgba
from matplotlib.font_manager import FontProperties

from spamca._checks import check_choice, check_flag, check_real
from spamca.pl._arguments import is_number
from spamca.pl._fonts import SMALL, points
from spamca.pl._spots import SHAPES

if TYPE_CHECKING:
    from matplotlib.typing import ColorType

MISSING = "#dddddd"  # of spots without a value
RIGHT, ON_DATA, NOWHERE = "right margin", "on data", "none"
INSIDE = (
    *("best", "upper right", "upper left", "lower left", "lower right", "right"),
    *("center left", "center right", "lower center", "upper center", "center"),
)  # places of a legend in the axes, as matplotlib names them


@dataclass(frozen=True)
class Style:
    """How spots and keys are drawn; TypeError or ValueError if they cannot be."""

    shape: str = "auto"  # or a key of SHAPES
    size: float = 1.0  # diameter relative to the true one
    alpha: float = 1.0
    cmap: str | Colormap | None = None  # None for that of matplotlib's settings
    na_color: ColorType = MISSING
    na_in_legend: bool = True
    legend_loc: str | None = RIGHT
    legend_fontsize: float | str | None = None  # None for sizes that fit the parts of a figure
    colorbar_loc: str | None = "right"
    img_alpha: float = 1.0
    frameon: bool = False

    def __post_init__(self) -> None:
        check_choice("shape", self.shape, ("auto", *SHAPES))
        if not is_number(self.size, above=0):
            msg = f"size must be a positive number, 1 for spots of true size, got {self.size!r}"
            raise ValueError(msg)
        check_real("alpha", self.alpha, least=0, most=1)
        check_real("img_alpha", self.img_alpha, least=0, most=1)
        check_cmap(self.cmap)
        if not is_color_like(self.na_color):
            msg = f"na_color must be a colour of matplotlib, such as 'lightgray' or '#dddddd', got {self.na_color!r}"
            raise ValueError(msg)
        if self.legend_loc is not None:
            check_choice("legend_loc", self.legend_loc, (RIGHT, ON_DATA, NOWHERE, *INSIDE))
        if self.colorbar_loc is not None:
            check_choice("colorbar_loc", self.colorbar_loc, ("right",))
        for name in ("na_in_legend", "frameon"):
            check_flag(name, getattr(self, name))
        check_fontsize(self.legend_fontsize)

    @property
    def colormap(self) -> Colormap:
        """The colour map of numbers."""
        return mpl.colormaps.get_cmap(mpl.rcParams["image.cmap"] if self.cmap is None else self.cmap)

    @property
    def names_missing(self) -> bool:
        """Whether the legend names spots without a value."""
        return self.na_in_legend and to_rgba(self.na_color)[3] > 0

    @property
    def hides_legend(self) -> bool:
        """Whether there is no legend."""
        return self.legend_loc in (None, NOWHERE)

    @property
    def margin(self) -> bool:
        """Whether legends stand next to the axes; where names are on the data the rest of the legend does."""
        return self.legend_loc in (RIGHT, ON_DATA)

    def relative(self, default: float = SMALL) -> float:
        """Size of text of legends, relative to matplotlib's ``font.size``."""
        if self.legend_fontsize is None:
            return default
        return FontProperties(size=self.legend_fontsize).get_size_in_points() / points(1.0)


def check_cmap(cmap: str | Colormap | None, name: str = "cmap") -> None:
    """Whether this is a colour map, its name, or None (ValueError)."""
    if not isinstance(cmap, (Colormap, type(None))) and not (isinstance(cmap, str) and cmap in mpl.colormaps):
        msg = f"{name} must be a colour map of matplotlib or its name, one of matplotlib.colormaps, got {cmap!r}"
        raise ValueError(msg)


def check_fontsize(size: float | str | None) -> None:
    """Whether this is a size in points, a name of one, or None (ValueError)."""
    if size is None or is_number(size, above=0):
        return
    try:
        FontProperties(size=size)
        good = isinstance(size, str)
    except (ValueError, TypeError):
        good = False
    if not good:
        msg = f"legend_fontsize must be a size in points or a name of matplotlib such as 'small', got {size!r}"
        raise ValueError(msg)
