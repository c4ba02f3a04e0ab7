"""Colours for one partition that agree with those of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spamca.pl._coloring import Coloring


def matched(coloring: Coloring, reference: Coloring) -> Coloring:
    """Give each category the colour of the reference's category that it shares most spots with.

    The assignment is one to one and best over all (Hungarian method); categories that are left over get colours that the
    reference does not use.

    Parameters
    ----------
    coloring
        Categories to recolour.
    reference
        Categories that keep their colours.

    Returns
    -------
    The first, with other colours.
    """
    from scipy.optimize import linear_sum_assignment

    from spamca._palette import palette

    shape = len(coloring.categories), len(reference.categories)
    both = ~(coloring.missing | reference.missing)
    shared = np.zeros(shape, dtype=np.int64)
    np.add.at(shared, (coloring.values[both], reference.values[both]), 1)
    taken = dict(zip(*linear_sum_assignment(-shared), strict=True))
    spare = (color for color in palette(sum(shape)) if color not in reference.colors)
    colors = [reference.colors[taken[k]] if k in taken else next(spare) for k in range(shape[0])]
    return replace(coloring, colors=colors)
