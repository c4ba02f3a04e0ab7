"""Features and graphs of a tissue, as arrays over all spots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _edge
from spamca.graph import feature_graph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Tissue:
    """A tissue of n spots and M modalities.

    Parameters
    ----------
    names
        Names of the modalities.
    rows
        Row of each spot in each modality, integers (n,), -1 where the spot lacks it.
    features
        Features of each modality, (n, d_m); rows of spots that lack it are zero.
    graph
        Spatial graph, symmetric, sparse of shape (n, n).
    feature_graphs
        Feature graph of each modality, likewise; spots that lack it have no edges. Empty where no network needs them.
    searches
        For each of them how many neighbours it has, and by which metric.
    sections
        Section of each spot, integers (n,); None where there is one section, or batch effects are to stay.
    position
        Coordinates of each spot, (n, 2), or with its section as a third one; None where they are not known or not needed.
    """

    names: tuple[str, ...]
    rows: tuple[np.ndarray, ...]
    features: tuple[np.ndarray, ...]
    graph: csr_matrix
    feature_graphs: tuple[csr_matrix, ...] = ()
    searches: tuple[Mapping[str, Any], ...] = ()
    sections: np.ndarray | None = None
    position: np.ndarray | None = None

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return len(self.rows[0])

    @cached_property
    def has(self) -> np.ndarray:
        """Which spot has which modality, booleans of shape (n, M)."""
        return np.column_stack([row >= 0 for row in self.rows])

    @property
    def present(self) -> np.ndarray | None:
        """The same, or None where every spot has every modality."""
        return None if self.has.all() else self.has

    def own(self, modality: int, values: np.ndarray) -> np.ndarray:
        """Values (n, ...) in the order of the spots of a modality."""
        row = self.rows[modality]
        return _edge.collect(values, row, np.count_nonzero(row >= 0))

    def root_mean_squares(self) -> list[float]:
        """Root mean square of the features of each modality: divided by it, none outweighs another by its units."""
        least = float(np.finfo(np.float32).tiny)
        own = (self.own(m, values) for m, values in enumerate(self.features))
        return [max(float(np.sqrt(np.square(values, dtype=np.float64).mean())), least) for values in own]

    def having(self, features: Sequence[np.ndarray], random_state: int) -> Tissue:
        """The same tissue with other features, and feature graphs built on them where there are any."""
        graphs = []
        for m, search in enumerate(self.searches):
            found = feature_graph(self.own(m, features[m]), **search, random_state=random_state)
            graphs.append(_edge.spread_graph(found.connectivities, self.rows[m]))
        return replace(self, features=tuple(features), feature_graphs=tuple(graphs))
