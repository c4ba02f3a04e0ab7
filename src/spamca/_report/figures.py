"""Figures of ``spamca.pl`` as images in the page."""

from __future__ import annotations

import base64
import io
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca._report.blocks import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

    from spamca._report.subject import Subject

DPI = 200
"""Pixels of an image to an inch."""

CSS = 125
"""Pixels of the page to an inch of a figure, so that its text is about as large as that of the page."""


def figure(
    subject: Subject, verb: str, alt: str, caption: str, *, vector: bool = False, **arguments: Any
) -> Figure | None:
    """What ``spamca.pl.<verb>`` draws; None if there is no such function. ``vector`` is for figures of few marks."""
    from matplotlib import pyplot as plt

    from spamca import pl

    draw = getattr(pl, verb, None)
    if draw is None:
        return None
    before = set(plt.get_fignums())
    # the same page whatever the user's style is, and no figure left open, after an error too
    with plt.style.context("default"):
        try:
            axes = draw(subject.mdata, **arguments)
            source, width, height = embedded(np.ravel(axes)[0].figure, vector=vector)
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    return Figure(source, alt, caption, width, height)


def embedded(drawn: Drawn, *, vector: bool) -> tuple[str, int, int]:
    """A figure as data URI, PNG or SVG, and its width and height in pixels of the page; the same figure gives the same bytes."""
    import matplotlib as mpl

    file = io.BytesIO()
    if vector:
        with mpl.rc_context({"svg.hashsalt": "spamca", "svg.fonttype": "path"}):
            drawn.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        found = re.search(rb'<svg [^>]*?height="([\d.]+)pt"[^>]*?width="([\d.]+)pt"', file.getvalue()) or re.search(
            rb'<svg [^>]*?width="([\d.]+)pt"[^>]*?height="([\d.]+)pt"', file.getvalue()
        )
        assert found is not None
        size = dict(re.findall(rb'(width|height)="([\d.]+)pt"', found[0]))
        width, height = (float(size[name]) / 72 * CSS for name in (b"width", b"height"))
    else:
        drawn.savefig(file, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        width, height = (pixels / DPI * CSS for pixels in struct.unpack(">II", file.getvalue()[16:24]))
    kind = "svg+xml" if vector else "png"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}", round(width), round(height)
