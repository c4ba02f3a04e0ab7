"""Shares of points in spots, section by section, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from spamca.onto.weights import Shares, shares, spacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spamca.onto.transform import Affine

ALL = "all"
"""Name of the section where there is one."""


@dataclass(frozen=True)
class Joined:
    """Shares of all points in all spots.

    ``points`` are (n_points, 2), after their map; ``table`` has a row for each section with points, in the order of ``maps``.
    """

    shares: Shares
    points: np.ndarray
    table: pd.DataFrame
    maps: np.ndarray  # (n_sections, 3, 3)


def joined(
    spots: np.ndarray,
    points: np.ndarray,
    spot_section: np.ndarray,
    point_section: np.ndarray,
    maps: Mapping[str, Affine],
    *,
    method: str,
    max_distance: float | None,
    measured: np.ndarray | None = None,
) -> Joined:
    """Shares of points (n_points, 2) in spots (n_spots, 2) of the same section (strings); ``maps`` has one for each.

    Points that were not ``measured``, booleans (n_points,), have their place and nothing to give.

    The distance beyond which a point gives nothing is the spacing of the points plus half that of the spots, unless given: every
    spot has a point nearer than that where the points go on.
    """
    moved = np.empty((len(points), 2))
    parts: list[tuple[np.ndarray, np.ndarray, Shares]] = []
    rows = []
    for name in np.unique(point_section):
        here, there = np.flatnonzero(spot_section == name), np.flatnonzero(point_section == name)
        moved[there] = maps[name](points[there])
        spot_spacing, point_spacing = (spacing(at) if len(at) else np.nan for at in (spots[here], moved[there]))
        reach = point_spacing + spot_spacing / 2 if max_distance is None else float(max_distance)
        sizes = {"spot_spacing": spot_spacing, "point_spacing": point_spacing}
        found = shares(spots[here], moved[there], method=method, reach=reach, **sizes)
        found = found if measured is None else found.among(measured[there])
        parts.append((here, there, found))
        row = {
            "section": str(name),
            "n_spots": len(here),
            "n_covered": int(found.covered.sum()),
            "n_points": len(there),
        }
        rows.append(row | sizes | {"max_distance": reach, "residual": maps[name].residual})
    table = pd.DataFrame(rows).set_index("section")
    matrices = np.stack([maps[name].matrix for name in np.unique(point_section)])
    return Joined(_together(parts, len(spots), len(points)), moved, table, matrices)


def _together(parts: list[tuple[np.ndarray, np.ndarray, Shares]], n_spots: int, n_points: int) -> Shares:
    """Shares of sections, each with its spots and points, as those of all."""
    distance = np.full(n_spots, np.inf)
    for here, _, found in parts:
        distance[here] = found.distance

    def spread(name: str) -> sparse.csr_matrix:
        blocks = [(here, there, sparse.coo_matrix(getattr(found, name))) for here, there, found in parts]
        row = np.concatenate([here[block.row] for here, _, block in blocks])
        column = np.concatenate([there[block.col] for _, there, block in blocks])
        values = np.concatenate([block.data for *_, block in blocks])
        return sparse.csr_matrix((values, (row, column)), shape=(n_spots, n_points))

    return Shares(spread("divided"), spread("whole"), distance)
