"""Checks of the arguments of figures, before anything is computed or drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, is_color_like

from spamca import _keys
from spamca._checks import check_choice, check_real
from spamca.pl._spots import SHAPES

if TYPE_CHECKING:
    Palette = str | Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True)
class Style:
    """How spots are drawn; TypeError or ValueError if they cannot be."""

    spot_shape: str = "auto"  # or a key of SHAPES
    spot_size: float = 1.0  # diameter relative to the true one
    alpha: float = 1.0
    cmap: str | Colormap | None = None  # None for that of matplotlib's settings
    limits: tuple[float, float] = (1.0, 99.0)  # percentiles of the numbers at the ends of the colour map
    legend_loc: str = "right margin"  # or "on data"

    def __post_init__(self) -> None:
        check_choice("spot_shape", self.spot_shape, ("auto", *SHAPES))
        if not _is_number(self.spot_size, above=0):
            msg = f"spot_size must be a positive number, 1 for spots of true size, got {self.spot_size!r}"
            raise ValueError(msg)
        check_real("alpha", self.alpha, least=0, most=1)
        check_choice("legend_loc", self.legend_loc, ("right margin", "on data"))
        cmap = self.cmap
        if not isinstance(cmap, (Colormap, type(None))) and not (isinstance(cmap, str) and cmap in mpl.colormaps):
            msg = f"cmap must be a colour map of matplotlib or its name, one of matplotlib.colormaps, got {cmap!r}"
            raise ValueError(msg)
        if not _is_pair(self.limits) or not 0 <= self.limits[0] < self.limits[1] <= 100:
            msg = f"percentiles must be a pair that rises, from 0 to 100, such as (1, 99), got {self.limits!r}"
            raise ValueError(msg)

    @property
    def colormap(self) -> Colormap:
        """The colour map of numbers."""
        return mpl.colormaps.get_cmap(mpl.rcParams["image.cmap"] if self.cmap is None else self.cmap)


def check_names(name: str, value: str | Sequence[str], known: Collection[str] | None = None) -> list[str]:
    """One name or several as a list, at least one, each of them known."""
    names: list[Any] = list(value) if _is_list(value) else [value]
    if not all(isinstance(one, str) for one in names):
        msg = f"{name} must be a string or a list of strings, got {value!r}"
        raise TypeError(msg)
    if not names:
        msg = f"{name} must name one at least, got {value!r}; leave it out for the default"
        raise ValueError(msg)
    if known is not None and (unknown := [one for one in names if one not in known]):
        msg = f"{name}={value!r}: {unknown} are not among {list(known)}"
        raise KeyError(msg)
    return names


def check_axes(ax: Axes | Sequence[Axes], n_panels: int) -> np.ndarray:
    """The caller's axes, one for each panel, (n_panels,)."""
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if not all(isinstance(one, Axes) for one in axes):
        msg = f"ax must be axes of matplotlib, or a list of them, got {ax!r}; make them with matplotlib.pyplot.subplots"
        raise TypeError(msg)
    if len(axes) != n_panels:
        msg = f"ax has {len(axes)} axes, but there are {n_panels} panels to draw; give each panel one"
        raise ValueError(msg)
    return axes


def check_figsize(figsize: tuple[float, float] | None) -> None:
    """Whether the size of a figure is width and height in inches, or None."""
    if figsize is not None and not _is_pair(figsize, above=0):
        msg = f"figsize must be a pair of positive numbers, width and height in inches, got {figsize!r}"
        raise ValueError(msg)


def check_palette(palette: Palette) -> None:
    """Whether a palette holds colours; whether they are enough is known only with the categories."""
    if palette is None or (isinstance(palette, str) and palette in mpl.colormaps):
        return
    colors = list(palette.values()) if isinstance(palette, Mapping) else palette
    if not _is_list(colors):
        msg = f"palette={palette!r} must be a list of colours, a mapping of categories, or the name of a colour map"
        raise ValueError(msg)
    for color in colors:
        if not is_color_like(color):
            msg = f"palette holds {color!r}, which matplotlib does not know as a colour; name colours as '#0072B2'"
            raise ValueError(msg)


def call(verb: str, given: str = "", **keys: str) -> str:
    """The call that writes a result, for messages: its key is named where it is not the default."""
    named = [f"{name}={key!r}" for name, key in keys.items() if key != _keys.SPAMCA]
    return f"spamca.tl.{verb}({', '.join(['mdata', *filter(None, [given]), *named])})"


def _is_list(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_number(value: Any, *, above: float = -np.inf) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and above < float(value) < np.inf


def _is_pair(value: Any, *, above: float = -np.inf) -> bool:
    return _is_list(value) and len(value) == 2 and all(_is_number(one, above=above) for one in value)
