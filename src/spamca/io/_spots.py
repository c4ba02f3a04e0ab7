"""Spots as shapes of a SpatialData: circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.io._sections import section

if TYPE_CHECKING:
    from mudata import MuData

REGION = "spots"
"""Name of the element."""


def circles(mdata: MuData, coords: np.ndarray) -> Any:
    """Circles around the coordinates, named as the spots.

    Parameters
    ----------
    mdata
        The tissue.
    coords
        Shape (n_obs, 2).

    Returns
    -------
    GeoDataFrame, in the coordinate system ``"global"``.
    """
    from spatialdata.models import ShapesModel

    return ShapesModel.parse(coords, geometry=0, radius=radius(mdata, coords), index=mdata.obs_names.copy())


def radius(mdata: MuData, coords: np.ndarray) -> float:
    """Radius of a spot: what Space Ranger says where there is one section, else half the usual distance of neighbours."""
    _, record = section(mdata)
    if diameter := record["scalefactors"].get("spot_diameter_fullres"):
        return float(diameter) / 2
    from scipy.spatial import KDTree

    # Spots that lie on one another have no distance.
    points = np.unique(coords, axis=0)
    if len(points) < 2:
        return 0.5
    distance, _ = KDTree(points).query(points, k=2)
    return float(np.median(distance[:, 1])) / 2
