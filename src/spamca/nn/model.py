"""The assembled network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from spamca.nn.attention import Attention
from spamca.nn.decoder import GraphDecoder
from spamca.nn.encoder import GraphEncoder
from spamca.nn.fusion import FUSIONS
from spamca.nn.heads import ClusterHead, Projector
from spamca.nn.masking import MaskToken, draw_mask
from spamca.nn.prototypes import attract
from spamca.nn.settings import VIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spamca.nn.settings import Settings
    from spamca.nn.tissue import Tissue

Masks = list[tuple[Tensor, Tensor]]
"""Hidden spots, per modality and view, each booleans (n_spots,)."""


@dataclass(frozen=True)
class Latents:
    """Result of the encoder.

    Parameters
    ----------
    modalities
        One latent (n_spots, n_latent) per modality.
    fused
        The fused latent, (n_spots, n_latent).
    view_weights
        One tensor (n_spots, n_views) per modality.
    modality_weights
        Shape (n_spots, n_modalities), zero where a spot lacks the modality.
    """

    modalities: list[Tensor]
    fused: Tensor
    view_weights: list[Tensor]
    modality_weights: Tensor


@dataclass(frozen=True)
class Output:
    """Everything that the losses need.

    Parameters
    ----------
    latents
        Result of the encoder.
    restored
        Reconstruction (n_spots, n_features) of each modality.
    assignments
        Soft assignment (n_spots, n_clusters) from each modality's latent.
    fused_assignment
        Soft assignment from the fused latent.
    projections
        Projection (n_spots, n_latent) of each modality.
    """

    latents: Latents
    restored: list[Tensor]
    assignments: list[Tensor]
    fused_assignment: Tensor
    projections: list[Tensor]


class SpaMCA(nn.Module):
    """Spatial multi-modal clustering analysis, for any number of modalities.

    Per modality, a spatial and a feature view of masked features are weighed by attention; the modalities are fused;
    decoders restore the features; a shared head assigns every latent to clusters.

    Parameters
    ----------
    n_features
        Number of features of each modality.
    n_clusters
        Number of clusters of the head.
    settings
        Choices of the network.

    Shape
    -----
    - tissue: n_spots spots with ``n_features[m]`` features of modality m
    - output: :class:`Output`
    """

    def __init__(self, n_features: Sequence[int], n_clusters: int, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        d = settings.n_latent
        self.tokens = nn.ModuleList(MaskToken(n, learnable=settings.learnable_token) for n in n_features)
        self.spatial_encoders = nn.ModuleList(GraphEncoder(n, d, settings.spatial_scales) for n in n_features)
        self.feature_encoders = (
            self.spatial_encoders if settings.shared_encoder else nn.ModuleList(GraphEncoder(n, d) for n in n_features)
        )
        self.attentions = nn.ModuleList(Attention(d, uniform=settings.view_uniform) for _ in n_features)
        self.fusion = FUSIONS[settings.fusion](len(n_features), d, uniform=settings.modality_uniform)
        self.decoder = GraphDecoder(d, n_features)
        self.cluster_head = ClusterHead(d, n_clusters)
        self.projectors = nn.ModuleList(Projector(d) for _ in n_features)

    def draw_masks(self, tissue: Tissue, generator: torch.Generator) -> Masks:
        """Draw the hidden spots of one step: one mask per modality, or one per modality and view as published."""
        device, rate = tissue.features[0].device, self.settings.mask_rate
        masks = []
        for _ in tissue.features:
            spatial = draw_mask(tissue.n_spots, rate, generator, device)
            other = draw_mask(tissue.n_spots, rate, generator, device) if self.settings.independent_masks else spatial
            masks.append((spatial, other))
        return masks

    def encode(self, tissue: Tissue, masks: Masks | None = None) -> Latents:
        """Encode all spots, hiding those of ``masks`` and, in each modality, those that lack it."""
        latents, view_weights = [], []
        for m, features in enumerate(tissue.features):
            encoders = {
                "spatial": (self.spatial_encoders[m], tissue.spatial),
                "feature": (self.feature_encoders[m], tissue.feature_graphs[m]),
            }
            views = [
                encoder(graph, self.tokens[m](features, _hidden(masks, m, VIEWS.index(view), tissue.has(m))))
                for view, (encoder, graph) in encoders.items()
                if view in self.settings.views
            ]
            latent, weights = self.attentions[m](torch.stack(views, dim=1))
            latents.append(latent)
            view_weights.append(weights)
        fused, modality_weights = self.fusion(latents, tissue.present)
        return Latents(latents, fused, view_weights, modality_weights)

    def embed(self, tissue: Tissue, masks: Masks | None = None) -> Latents:
        """Latents as they are read out: the fused one drawn towards the prototypes of its domains."""
        latents = self.encode(tissue, masks)
        if not self.settings.prototype_share:
            return latents
        fused = attract(latents.fused, self.cluster_head(latents.fused), self.settings.prototype_share)
        return replace(latents, fused=fused)

    def forward(self, tissue: Tissue, masks: Masks | None = None) -> Output:
        """Encode, restore, assign and project."""
        latents = self.encode(tissue, masks)
        return Output(
            latents=latents,
            restored=self.decoder(tissue.spatial, latents.fused),
            assignments=[self.cluster_head(z) for z in latents.modalities],
            fused_assignment=self.cluster_head(latents.fused),
            projections=[projector(z) for projector, z in zip(self.projectors, latents.modalities, strict=True)],
        )


def _hidden(masks: Masks | None, modality: int, view: int, has: Tensor | None) -> Tensor | None:
    drawn = None if masks is None else masks[modality][view]
    if has is None:
        return drawn
    return ~has if drawn is None else drawn | ~has
