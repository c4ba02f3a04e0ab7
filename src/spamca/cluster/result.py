"""What every clusterer gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from spamca.cluster.readout import Readout


@dataclass(frozen=True)
class Clustering:
    """Clusters of n points.

    ``labels`` are integers (n,); ``posterior`` the probability of each cluster, (n, K), rows summing to one; ``record`` says
    how they were found; ``readout`` assigns other points to them.
    """

    labels: np.ndarray
    posterior: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)
    readout: Readout | None = None

    def by_size(self) -> Clustering:
        """The same clusters numbered by falling size; those without a point are left out."""
        size = np.bincount(self.labels, minlength=self.posterior.shape[1])
        order = np.argsort(-size, kind="stable")
        order = order[size[order] > 0]
        number = np.empty(len(size), dtype=np.int64)
        number[order] = np.arange(len(order))
        posterior = self.posterior[:, order]
        total = posterior.sum(axis=1, keepdims=True)
        # A point may have given all of its probability to clusters that no point is in.
        posterior = np.where(total > 0, posterior / np.where(total > 0, total, 1), 1 / len(order))
        readout = None if self.readout is None else self.readout.take(order)
        return Clustering(number[self.labels], posterior.astype(np.float32), self.record, readout)
