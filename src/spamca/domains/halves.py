"""Two halves of a domain, by its components."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spamca.domains.components import Components

LEAST = 10
"""Fewest spots of a domain that is halved."""

_N_STEPS = 20

Split = Callable[[np.ndarray], np.ndarray]
"""From positions of spots to booleans: which of them go to the second half."""


def halving(components: Components) -> Split:
    """How a domain is split: by its components, averaged over two hops."""
    (smooth,) = components.graph.averaged(components.joined(), (2,))
    return lambda spots: halves(smooth[spots])


def halves(points: np.ndarray) -> np.ndarray:
    """Which points (n, d) belong to the second half: booleans (n,), all the same where points coincide.

    2-means from the two sides of the mean on the first principal axis (Boley 1998). It needs no random start, and a tenth of the time
    of scikit-learn's k-means, which matters as a search halves hundreds of domains.
    """
    centred = points - points.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    side = centred @ axis > 0
    for _ in range(_N_STEPS):
        share = side.mean()
        if share in (0, 1):
            break
        # The mean of all is 0, so both centres lie on one line through it.
        centre = side @ centred / len(side)
        border = (1 / share - 1 / (1 - share)) / 2 * (centre @ centre)
        before, side = side, centred @ centre > border
        if (side == before).all():
            break
    return side


def halved(partition: np.ndarray, domain: int, split: Split) -> tuple[np.ndarray, np.ndarray] | None:
    """Spots of both halves of a domain of a partition (n,); None where it has fewer than :data:`LEAST`, or one half has all."""
    spots = np.flatnonzero(partition == domain)
    if len(spots) < LEAST:
        return None
    second = split(spots)
    return None if second.all() or not second.any() else (spots[~second], spots[second])
