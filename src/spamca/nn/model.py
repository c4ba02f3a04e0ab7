"""The assembled network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.layers import (
    Attention,
    ClusterHead,
    ConcatenationFusion,
    GraphDecoder,
    GraphEncoder,
    Projector,
    SumFusion,
)
from spamca.nn.settings import VIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.batch import Batch
    from spamca.nn.settings import Settings


@dataclass(frozen=True)
class Latents:
    """Result of the encoder."""

    modalities: list[Tensor]  #: one latent (n_spots, n_latent) per modality
    fused: Tensor  #: the fused latent, (n_spots, n_latent)
    view_weights: list[Tensor]  #: one tensor (n_spots, n_views) per modality
    modality_weights: Tensor  #: shape (n_spots, n_modalities), zero where a spot lacks the modality


@dataclass(frozen=True)
class Output:
    """Everything that the losses need, in single precision: sums over many spots are beyond half precision."""

    latents: Latents  #: of all rows of the batch
    restored: list[Tensor]  #: reconstruction (n_scored, n_features) of each modality, of its scored spots
    #: soft assignment (n_spots, n_clusters) from each modality's latent and, last, from the fused one, or none
    assignments: list[Tensor]
    projections: list[Tensor]  #: projection (n_spots, n_latent) of each modality, or none


class SpaMCA(nn.Module):
    """Spatial multi-modal clustering analysis, for any number of modalities.

    Each modality is seen through its spatial surroundings, spots of similar features, or both, weighed by attention;
    the modalities are fused; decoders restore the features. Where a loss asks for them, a shared head assigns every
    latent to clusters, and projectors take the modalities to where they are contrasted.

    Parameters
    ----------
    n_features
        Number of features of each modality.
    n_clusters
        Number of clusters of the head, where the settings have one; nothing else depends on it.
    settings
        Choices of the network. Its width ``n_latent``, where weights start from the tissue, is at most the number of
        features.
    """

    def __init__(self, n_features: Sequence[int], n_clusters: int, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.n_latent = d = settings.width(n_features)
        # What stands for the features of hidden spots; not learned it stays zero, as published.
        learned = settings.learnable_token
        self.tokens = nn.ParameterList(nn.Parameter(torch.zeros(n), requires_grad=learned) for n in n_features)
        self.spatial_encoders = nn.ModuleList(GraphEncoder(n, d, settings.spatial_scales) for n in n_features)
        own = nn.ModuleList(GraphEncoder(n, d) for n in n_features if "feature" in settings.views)
        self.feature_encoders = self.spatial_encoders if settings.shared_encoder else own
        several = len(settings.views) > 1
        self.attentions = nn.ModuleList(Attention(d, uniform=settings.view_uniform) for _ in n_features if several)
        self.fusion: nn.Module
        if settings.fusion == "sum":
            self.fusion = SumFusion(len(n_features))
        elif settings.fusion == "attention":
            self.fusion = Attention(d, uniform=settings.modality_uniform)
        else:
            self.fusion = ConcatenationFusion(len(n_features), d)
        self.decoder = GraphDecoder(d, n_features)
        self.cluster_head = ClusterHead(d, n_clusters) if settings.clusters else None
        self.projectors = nn.ModuleList(Projector(d) for _ in n_features if settings.contrast_weight > 0)

    def encode(self, batch: Batch) -> Latents:
        """Encode all rows of a batch."""
        latents, view_weights = [], []
        encoders = {"spatial": self.spatial_encoders, "feature": self.feature_encoders}
        for m, seen in enumerate(batch.seen):
            views = [encoders[view][m](seen[view], self.tokens[m]) for view in VIEWS if view in seen]
            one = views[0], views[0].new_ones(len(views[0]), 1)
            latent, weights = self.attentions[m](views) if len(views) > 1 else one
            latents.append(latent)
            view_weights.append(weights)
        fused, modality_weights = self.fusion(latents, batch.present)
        return Latents(latents, fused, view_weights, modality_weights)

    def forward(self, batch: Batch) -> Output:
        """Encode, restore, assign and project."""
        latents = self.encode(batch)
        asked = [z[: batch.n_spots] for z in (*latents.modalities, latents.fused)]
        wanted = [slice(batch.n_spots) if positions is None else positions for positions in batch.scored]
        return Output(
            latents=latents,
            restored=[x.float() for x in self.decoder(batch.spatial, latents.fused, wanted)],
            assignments=[] if self.cluster_head is None else [self.cluster_head(z).float() for z in asked],
            projections=[projector(z).float() for projector, z in zip(self.projectors, asked, strict=False)],
        )
