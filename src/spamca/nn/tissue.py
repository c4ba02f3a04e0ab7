"""What the network is given of a tissue: tensors, and nothing of MuData."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from spamca.nn.sparse import Adjacency


@dataclass(frozen=True)
class Tissue:
    """Features and graphs of all spots.

    Parameters
    ----------
    features
        One tensor (n_spots, n_features) per modality; rows of spots that lack it are zero.
    spatial
        Normalised spatial graph, (n_spots, n_spots), symmetric.
    feature_graphs
        One normalised feature graph per modality, sparse CSR, (n_spots, n_spots), symmetric; a spot that lacks the
        modality has only its self-loop. None at all for networks without a feature view.
    present
        Booleans (n_spots, n_modalities), or None where every spot has every modality.
    """

    features: tuple[Tensor, ...]
    spatial: Adjacency
    feature_graphs: tuple[Adjacency, ...] = ()
    present: Tensor | None = None

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return self.features[0].shape[0]

    @property
    def n_features(self) -> list[int]:
        """Number of features of each modality."""
        return [features.shape[1] for features in self.features]

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.features[0].device

    @cached_property
    def present_on_cpu(self) -> Tensor | None:
        """Which spots have which modality, on the CPU, where batches are drawn: fetched once and not for every batch."""
        return None if self.present is None else self.present.cpu()

    def has(self, modality: int) -> Tensor | None:
        """Which spots have a modality, booleans (n_spots,), or None for all."""
        return None if self.present is None else self.present[:, modality]

    def to(self, device: torch.device | str, **kwargs: bool) -> Tissue:
        """The same tissue on another device."""
        return Tissue(
            features=tuple(features.to(device, **kwargs) for features in self.features),
            spatial=self.spatial.to(device, **kwargs),
            feature_graphs=tuple(graph.to(device, **kwargs) for graph in self.feature_graphs),
            present=None if self.present is None else self.present.to(device, **kwargs),
        )
