"""Colours of categories that colour-blind readers can distinguish."""

from __future__ import annotations

import colorsys

COLORS = (
    # Okabe and Ito (2008), black replaced by grey so that it does not outweigh the others on a page of spots.
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#5A5A5A",
    # Found by benchmarks/palette.py: any two of the first 30 differ by 13 in CIE Lab as seen with normal, protan, deutan and
    # tritan eyes. Each next one lies farthest from all before it.
    "#702405", "#9E05FA", "#33058F", "#ADFA9E", "#521461", "#9E70FA", "#053324", "#8F6133",
    "#9EBD70", "#6142BD", "#42EB61", "#ADCCEB", "#FABDAD", "#803370", "#BD059E", "#333342",
    "#6105BD", "#9E3305", "#9E8F42", "#EB7080", "#335233", "#809EFA", "#AD528F", "#BDADAD",
)  # fmt: skip
"""The colours in their order, most distinct first."""

_GOLDEN_RATIO = 0.618033988749895


def palette(n_colors: int) -> list[str]:
    """Hexadecimal colours, all different; fewer categories get the first of the same colours.

    Up to 8 are easy to distinguish for every reader, up to 32 side by side; more are only different.
    """
    colors, step = list(COLORS[:n_colors]), 0
    while len(colors) < n_colors:
        step += 1
        # Hues a golden ratio apart never come close to repeating; lightness and saturation cycle to widen the gaps.
        rgb = colorsys.hls_to_rgb(step * _GOLDEN_RATIO % 1, 0.35 + 0.1 * (step % 4), 0.45 + 0.2 * (step % 3))
        color = "#{:02X}{:02X}{:02X}".format(*(round(255 * value) for value in rgb))
        if color not in colors:
            colors.append(color)
    return colors
