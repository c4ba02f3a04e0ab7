r"""Whether groups of spots lie on one another, as sections do whose coordinates overlap.

Of a spot :math:`i` of group :math:`g_i`, let :math:`f_i` be the share of other groups among its nearest spots, and :math:`n_i` among
those that no spot is nearer than. In one tissue, or where groups only touch, :math:`n_i` is no larger than :math:`f_i` on average: what is
near is rather of the same group. Sections that lie on one another do not know of each other's spots. Spots of a section keep their
distance, those of another one come closer, and

.. math:: e = \frac{\bar n - \bar f}{1 - \bar f}

is above zero, up to 1 where the nearest spot is always a stranger. Means are over the spots with strangers among their nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from spamca.graph._graph import TIE

N_LOOKED_AT = 5_000
"""Spots whose surroundings are looked at: a sample of large tissue."""

N_NEAREST = 20
"""Spots that count as the surroundings of a spot."""

N_RING = 6
"""Spots that count as the surroundings where every spot is looked at."""

FEWEST_SPOTS = 8
"""Groups of fewer spots say nothing: their spots have hardly any but strangers around them wherever they lie."""

STRANGERS = 0.1
"""Share of strangers in the surroundings of a spot from which on groups meet there."""

LEAST_RATIO = 0.85
"""Strangers among the nearest, relative to the surroundings, in groups that mingle; 1 if they are strewn at random, below 0.6 for tiles."""

LEAST_SHARE = 0.02
"""Share of all spots at which groups have to meet."""

REGULAR = 0.16
r"""Mean of :math:`(d_1 / d_8)^2`, distances to the nearest and the eighth spot, above which spots keep apart; 1/8 for random points."""

GAP = 2.25
"""How many times further the next spot is than those on nearly one point. Along a line it is 2 times."""

MOST_LAYERS = 5
"""Most others on nearly one point that are looked for."""

STACKED = 0.6
"""Share of the spots with such a gap; a quarter of random points have one."""

CLUMPED = 0.045
r"""Mean of :math:`(d_1 / d_8)^2` below which spots lie on nearly one point; 1/16 along a line."""

SAME = 0.8
"""Least distance to the nearest spot, relative to the median, where all are as near: cells in pairs are not."""


@dataclass(frozen=True)
class Surroundings:
    """Some of n spots (m,), and the nearest other spots of each and their distances, (m, k), the nearest first; infinite to other sections."""

    spots: np.ndarray
    nearest: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Mingled:
    """Groups where they meet.

    Parameters
    ----------
    share, n_spots
        Share of all spots that lie there, and number of those that were looked at.
    near, around
        Means over them of the shares of strangers, n and f of the equation above.
    beyond
        The same among the second and third nearest: the nearest may be a spot that was taken for two.
    regularity
        Their mean of (d_1 / d_8)^2, distances to the nearest and the eighth spot.
    """

    share: float = 0.0
    near: float = 0.0
    around: float = 0.0
    beyond: float = 0.0
    n_spots: int = 0
    regularity: float = 0.0

    @property
    def excess(self) -> float:
        """How much more often than around it the nearest spot is a stranger: 0 for spots strewn at random, up to 1."""
        return (self.near - self.around) / (1 - self.around) if self.around < 1 else 0.0

    @property
    def are_strewn(self) -> bool:
        """Whether groups lie among one another, as random labels of one tissue do, and sections on one another."""
        meet = self.share >= LEAST_SHARE and self.n_spots >= FEWEST_SPOTS
        return meet and max(self.near, self.beyond) >= LEAST_RATIO * self.around

    def come_closer(self, excess: float) -> bool:
        """Whether strangers come closer than spots of one group do: by some excess, and more than chance would have it."""
        chance = 3 * np.sqrt(self.around * (1 - self.around) / max(self.n_spots, 1))
        return self.are_strewn and self.excess > excess and self.near - self.around > chance


def surroundings(coords: np.ndarray, within: np.ndarray | None = None, *, every: bool = False) -> Surroundings:
    """Nearest spots of a sample of spots, or of every one, at ``coords`` (n, n_dimensions), within sections (n,), integers, if given."""
    largest = np.abs(coords).max(initial=0)
    place = coords / largest if largest > 0 else coords
    if within is not None:
        place = np.column_stack([place, 100.0 * within])
    n = len(place)
    spots = np.arange(n)
    if n > N_LOOKED_AT and not every:
        spots = np.sort(np.random.default_rng(0).choice(n, N_LOOKED_AT, replace=False))
    k = min(N_RING if every else N_NEAREST, n - 1)
    distance, nearest = KDTree(place).query(place[spots], k=k + 1, workers=-1)
    # One more than wanted: the spot itself, or where spots coincide another one in its place.
    kept = nearest != spots[:, None]
    kept[kept.all(axis=1), -1] = False
    nearest, distance = nearest[kept].reshape(-1, k), distance[kept].reshape(-1, k)
    if within is not None:
        distance = np.where(within[spots][:, None] == within[nearest], distance, np.inf)
    return Surroundings(spots, nearest, distance)


def mingled(found: Surroundings, group: np.ndarray) -> Mingled:
    """How groups (n,), integers and -1 for none, lie to each other."""
    size = np.bincount(group[group >= 0], minlength=1)
    group = np.where((group >= 0) & (size[group] >= FEWEST_SPOTS), group, -1)
    own, others = group[found.spots], group[found.nearest]
    known = (own >= 0)[:, None] & (others >= 0) & np.isfinite(found.distance)
    strange = known & (others != own[:, None])
    tied = known & (found.distance <= found.distance[:, :1] * (1 + TIE))
    usable = known.any(axis=1) & tied.any(axis=1)
    strange, known, tied, distance = (values[usable] for values in (strange, known, tied, found.distance))
    around = strange.sum(axis=1) / known.sum(axis=1)
    near = (strange & tied).sum(axis=1) / tied.sum(axis=1)
    meet = around >= STRANGERS
    if not meet.any():
        return Mingled()
    return Mingled(
        share=float(meet.mean()),
        near=float(near[meet].mean()),
        around=float(around[meet].mean()),
        beyond=float(strange[meet, 1:3].mean()) if strange.shape[1] > 2 else 0.0,
        n_spots=int(meet.sum()),
        regularity=regularity(distance[meet]),
    )


def are_uneven(found: Surroundings, share: float) -> bool:
    """Whether the distance to the nearest spot is at its 5 % quantile below a share of its median."""
    nearest = found.distance[np.isfinite(found.distance[:, 0]), 0]
    low, middle = np.quantile(nearest, [0.05, 0.5]) if len(nearest) else (0.0, 0.0)
    return bool(low < share * middle)


def are_stacked(found: Surroundings) -> bool:
    """Whether spots lie on nearly one point nearly everywhere, each as near, as those of sections with one lattice do."""
    distance = found.distance[:, : MOST_LAYERS + 1]
    gap = (distance[:, 1:] > GAP * distance[:, :-1]) & np.isfinite(distance[:, 1:])
    clumped = gap.any(axis=1).mean() > STACKED or 0 < regularity(found.distance) < CLUMPED
    return bool(clumped) and not are_uneven(found, SAME)


def regularity(distance: np.ndarray) -> float:
    """Mean of (d_1 / d_8)^2 over distances (m, k): 1/8 for random points, more where spots keep apart, less where they clump."""
    first, eighth = distance[:, 0], distance[:, min(7, distance.shape[1] - 1)]
    there = np.isfinite(eighth)  # small sections have none
    first, eighth = first[there], eighth[there]
    ratio = np.divide(first, eighth, out=np.zeros(len(first)), where=eighth > 0)
    return float(np.square(ratio).mean()) if len(ratio) else 0.0


def lie_apart(found: Surroundings, group: np.ndarray) -> bool:
    """Whether groups (n,), integers and -1 for none, lie apart; ``found`` holds the nearest of every spot."""
    nearest = found.nearest
    others = (group[nearest] != group[:, None]) & (group[nearest] >= 0) & np.isfinite(found.distance)
    strange = others.any(axis=1) & (group >= 0)
    size = np.bincount(group[group >= 0])
    # Groups that touch along a side have about as many spots at it as their square root.
    return bool(strange.sum() <= 0.1 * np.sqrt(size).sum())
