"""Clusters of points: clusterers with one interface, their number, and their spatial refinement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca.cluster.agreement import SELECTIONS
from spamca.cluster.kmeans import kmeans
from spamca.cluster.leiden import leiden
from spamca.cluster.mixture import mixture
from spamca.cluster.number import NumberEstimate, estimate_number
from spamca.cluster.readout import Clustering
from spamca.cluster.reduction import principal_components
from spamca.cluster.refine import refine

if TYPE_CHECKING:
    from collections.abc import Callable

CLUSTERERS: dict[str, Callable[..., Clustering]] = {"mixture": mixture, "leiden": leiden, "kmeans": kmeans}
"""Clusterers by name: ``(points, n_clusters, *, connectivities, random_state)`` to a :class:`Clustering`."""
