"""Whether arguments of figures are what they should be, before anything is computed or drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._checks import check_choice, check_real

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spamca.pl._panel import Style


def check_names(name: str, value: str | Sequence[str], known: Collection[str] | None = None) -> list[str]:
    """One name or several as a list, at least one, each of them known."""
    names = [value] if isinstance(value, str) else _listed(value)
    if names is None or not all(isinstance(one, str) for one in names):
        msg = f"{name} must be a string or a list of strings, got {value!r}"
        raise TypeError(msg)
    if not names:
        msg = f"{name} must name one at least, got {value!r}; leave it out for the default"
        raise ValueError(msg)
    if unknown := [one for one in names if known is not None and one not in known]:
        msg = f"{name}={value!r}: {unknown} are not among {list(known or ())}"
        raise KeyError(msg)
    return names


def check_titles(title: str | Sequence[str] | None, n_panels: int) -> list[str] | None:
    """Titles as a list, one a panel; None for None."""
    titles = None if title is None else check_names("title", title)
    if titles is not None and len(titles) != n_panels:
        msg = (
            f"title has {len(titles)} entries, but there are {n_panels} panels (colours times sections) to draw, "
            f"got {title!r}; give each panel one"
        )
        raise ValueError(msg)
    return titles


def check_axes(ax: Axes | Sequence[Axes], n_panels: int) -> np.ndarray:
    """The caller's axes, one for each panel, (n_panels,)."""
    from matplotlib.axes import Axes

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
    if figsize is not None and not _numbers(figsize, above=0):
        msg = f"figsize must be a pair of positive numbers, width and height in inches, got {figsize!r}"
        raise ValueError(msg)


def check_style(style: Style) -> None:
    """Whether spots can be drawn so."""
    import matplotlib as mpl

    from spamca.pl._spots import SHAPES

    check_choice("spot_shape", style.spot_shape, ("auto", *SHAPES))
    cmap = style.cmap
    if not isinstance(cmap, mpl.colors.Colormap) and not (isinstance(cmap, str) and cmap in mpl.colormaps):
        msg = f"cmap must be a colour map of matplotlib or its name, one of matplotlib.colormaps, got {cmap!r}"
        raise ValueError(msg)
    check_real("alpha", style.alpha, least=0, most=1)
    if not _numbers([style.spot_size] * 2, above=0):
        msg = f"spot_size must be a positive number, 1 for spots of true size, got {style.spot_size!r}"
        raise ValueError(msg)
    if not _numbers(style.limits) or not 0 <= style.limits[0] < style.limits[1] <= 100:
        msg = f"percentiles must be a pair that rises, from 0 to 100, such as (1, 99), got {style.limits!r}"
        raise ValueError(msg)


def check_palette(palette: str | Sequence[str] | Mapping[str, str] | None) -> None:
    """Whether a palette holds colours; whether it holds enough is known with the categories only."""
    import matplotlib as mpl
    from matplotlib.colors import is_color_like

    if palette is None or (isinstance(palette, str) and palette in mpl.colormaps):
        return
    colors = list(palette.values()) if isinstance(palette, Mapping) else _listed(palette)
    if colors is None:
        msg = f"palette={palette!r} must be a list of colours, a mapping of categories, or the name of a colour map"
        raise ValueError(msg)
    for color in colors:
        if not is_color_like(color):
            msg = f"palette holds {color!r}, which matplotlib does not know as a colour; name colours as '#0072B2'"
            raise ValueError(msg)


def _listed(value: Any) -> list | None:
    return list(value) if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) else None


def _numbers(pair: Any, *, above: float = -np.inf) -> bool:
    """Whether this is a pair of finite numbers above a bound."""
    values = _listed(pair) or []
    real = [isinstance(one, Real) and not isinstance(one, bool) and above < float(one) < np.inf for one in values]
    return len(values) == 2 and all(real)
