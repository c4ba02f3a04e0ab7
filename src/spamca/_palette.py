"""Colours of categories that colour-blind readers can distinguish."""

from __future__ import annotations

import colorsys

COLORS = (
    # Okabe and Ito (2008), black replaced by grey so that it does not outweigh the others on a page of spots.
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#5A5A5A",
    # Each next one lies farthest, in CIE Lab as seen with normal, protan, deutan and tritan eyes, from all before it.
    "#4A0DF7", "#19F795", "#70320D", "#0D32AD", "#197CF7", "#7C0D70", "#ADD2BA", "#63DFEB",
    "#D2A157", "#637C3E", "#D2EB70", "#3257F7", "#7C0D32", "#250DC6", "#0D4AA1", "#F7637C",
    "#7C95F7", "#EB0D3E", "#885788", "#A13E0D", "#633257", "#953ED2", "#95D23E", "#F719C6",
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
