"""Whether arguments of figures are what they should be, before anything is computed or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._checks import check_choice, check_real

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

    from spamca.pl._panel import Style


def check_names(name: str, value: str | Sequence[str]) -> list[str]:
    """One name or several as a list.

    Raises
    ------
    TypeError
        If it is neither a string nor a list of strings.
    ValueError
        If there is none.
    """
    names = [value] if isinstance(value, str) else _listed(value)
    if names is None or not all(isinstance(one, str) for one in names):
        msg = f"{name} must be a string or a list of strings, got {value!r}"
        raise TypeError(msg)
    if not names:
        msg = f"{name} must name one at least, got {value!r}; leave it out for the default"
        raise ValueError(msg)
    return names


def check_titles(title: str | Sequence[str] | None, n_panels: int) -> list[str] | None:
    """Titles as a list, one a panel; None for None.

    Raises
    ------
    TypeError
        If it is neither a string nor a list of strings.
    ValueError
        If there are not as many as panels.
    """
    if title is None:
        return None
    titles = check_names("title", title)
    if len(titles) != n_panels:
        msg = (
            f"title has {len(titles)} entries, but there are {n_panels} panels (colours times sections) to draw, "
            f"got {title!r}; give each panel one"
        )
        raise ValueError(msg)
    return titles


def check_figsize(figsize: tuple[float, float] | None) -> None:
    """Whether the size of a figure is width and height in inches, or None.

    Raises
    ------
    ValueError
        If it is not.
    """
    if figsize is not None and not _numbers(figsize, above=0):
        msg = f"figsize must be a pair of positive numbers, width and height in inches, got {figsize!r}"
        raise ValueError(msg)


def check_style(style: Style) -> None:
    """Whether spots can be drawn so.

    Raises
    ------
    TypeError
        If the opacity is not a number.
    ValueError
        If something is out of its range.
    """
    from spamca.pl._spots import SHAPES

    check_choice("spot_shape", style.spot_shape, ("auto", *SHAPES))
    check_cmap(style.cmap)
    check_real("alpha", style.alpha, least=0, most=1)
    if not _numbers([style.spot_size] * 2, above=0):
        msg = f"spot_size must be a positive number, 1 for spots of true size, got {style.spot_size!r}"
        raise ValueError(msg)
    if not _numbers(style.limits) or not 0 <= style.limits[0] < style.limits[1] <= 100:
        msg = f"percentiles must be a pair that rises, from 0 to 100, such as (1, 99), got {style.limits!r}"
        raise ValueError(msg)


def check_cmap(cmap: str | Colormap) -> None:
    """Whether this is a colour map of matplotlib, or the name of one.

    Raises
    ------
    ValueError
        If it is not.
    """
    import matplotlib as mpl

    if not isinstance(cmap, mpl.colors.Colormap) and not (isinstance(cmap, str) and cmap in mpl.colormaps):
        msg = f"cmap must be a colour map of matplotlib or its name in matplotlib.colormaps, such as 'viridis', got {cmap!r}"
        raise ValueError(msg)


def check_palette(palette: str | Sequence[str] | Mapping[str, str] | None) -> None:
    """Whether a palette holds colours; whether it holds enough is known with the categories only.

    Raises
    ------
    ValueError
        If it is no list, mapping or name of a colour map, or holds something else.
    """
    import matplotlib as mpl
    from matplotlib.colors import is_color_like

    if palette is None or (isinstance(palette, str) and palette in mpl.colormaps):
        return
    colors = list(palette.values()) if isinstance(palette, Mapping) else _listed(palette)
    if colors is None:
        msg = f"palette={palette!r} must be a list of colours, a mapping from category to colour, or the name of a colour map"
        raise ValueError(msg)
    for color in colors:
        if not is_color_like(color):
            msg = f"palette holds {color!r}, which matplotlib does not know as a colour; name colours as '#0072B2'"
            raise ValueError(msg)


def _listed(value: Any) -> list | None:
    return list(value) if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) else None


def _numbers(pair: Any, *, above: float = -np.inf) -> bool:
    values = _listed(pair)
    return (
        values is not None
        and len(values) == 2
        and all(isinstance(one, Real) and not isinstance(one, bool) and above < one < np.inf for one in values)
    )
