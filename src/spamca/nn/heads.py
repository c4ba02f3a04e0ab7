"""Heads on the latents: soft assignment to clusters, and projection for the contrast."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spamca.nn.distributed import BatchNorm


class RowSoftmax(nn.Module):
    """Softmax of each of many short rows, (n_spots, n_clusters): along columns it takes a CPU a tenth of the time."""

    def forward(self, x: Tensor) -> Tensor:
        """Turn scores into probabilities."""
        return torch.softmax(x.T.contiguous(), dim=0).T.contiguous()


class ClusterHead(nn.Sequential):
    r"""Soft assignment of spots to clusters, shared by all modalities and the fused latent.

    .. math:: y = \operatorname{softmax}(W_2 \operatorname{ReLU}(\operatorname{BatchNorm}(W_1 z + b_1)) + b_2)

    Parameters
    ----------
    n_latent
        Width of the latent.
    n_clusters
        Number of clusters K.

    Shape
    -----
    - z: (n_spots, n_latent)
    - output: (n_spots, n_clusters), rows summing to one
    """

    def __init__(self, n_latent: int, n_clusters: int) -> None:
        super().__init__(
            nn.Linear(n_latent, n_latent),
            BatchNorm(n_latent),
            nn.ReLU(),
            nn.Linear(n_latent, n_clusters),
            RowSoftmax(),
        )


class Projector(nn.Sequential):
    r"""Projection of one modality's latent into the space where modalities are contrasted.

    .. math:: p = \operatorname{ReLU}(\operatorname{BatchNorm}(W z + b))

    Parameters
    ----------
    n_latent
        Width of the latent and of the projection.

    Shape
    -----
    - z: (n_spots, n_latent)
    - output: (n_spots, n_latent), not negative
    """

    def __init__(self, n_latent: int) -> None:
        super().__init__(nn.Linear(n_latent, n_latent), BatchNorm(n_latent), nn.ReLU())
