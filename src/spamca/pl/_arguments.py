"""Checks of the arguments of figures, before anything is computed or drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like

from spamca import _keys
from spamca._checks import check_name

if TYPE_CHECKING:
    Palette = str | Sequence[str] | Mapping[str, str] | None


def check_names(name: str, value: str | Sequence[str], known: Collection[str] | None = None) -> list[str]:
    """One name or several as a list, at least one, each of them known."""
    names: list[Any] = list(value) if is_list(value) else [value]
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


def check_titles(title: str | Sequence[str], n_panels: int) -> list[str]:
    """Titles of the caller, one for each panel."""
    titles = check_names("title", title)
    if len(titles) != n_panels:
        msg = f"title has {len(titles)} entries, but there are {n_panels} panels to draw, got {title!r}; give each panel one"
        raise ValueError(msg)
    return titles


def check_title(title: str | None) -> None:
    """Whether the title of a single panel is a string, or None."""
    if title is not None:
        check_name("title", title)


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
    if not is_list(colors):
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


def is_list(value: Any) -> bool:
    """Whether a value is a list of any kind, but no text."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def is_number(value: Any, *, above: float = -np.inf) -> bool:
    """Whether a value is a finite number, above another."""
    return isinstance(value, Real) and not isinstance(value, bool) and above < float(value) < np.inf


def _is_pair(value: Any, *, above: float = -np.inf) -> bool:
    return is_list(value) and len(value) == 2 and all(is_number(one, above=above) for one in value)
