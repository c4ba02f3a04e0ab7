"""Every choice of the network and its training, and the named sets of choices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Choices of the network and its training; the defaults are the package's one default for all tissue.

    Parameters
    ----------
    n_latent
        Width d of the latents. Wider ones keep more of the features and cost time in proportion.
    scale_features
        Whether each modality's features are divided by their root mean square.
    spatial_scales
        Hops over the spatial graph that the spatial view keeps side by side.
    shared_encoder
        Whether both views of a modality share one weight (published).
    view_uniform, modality_uniform
        Share of the attention that is spread evenly, over views and over modalities.
    fusion
        Fusion of modalities: ``"attention"`` or the published ``"concatenation"``.
    mask_rate
        Fraction of spots hidden in each training step.
    learnable_token
        Whether hidden rows are replaced by a learned row instead of zeros.
    independent_masks
        Whether the two views of a modality hide different spots (published).
    mask_at_inference
        Whether spots are hidden in the result as well (published).
    contrast
        ``"info_nce"``, over a sample of the spots, or the published ``"positive"`` pairs only.
    n_contrasted
        Number of spots drawn for the contrast in each step: the others of them are a spot's negatives.
    target
        Target of the alignment: the ``"balanced"`` distribution, or the ``"published"`` one.
    temperature
        Temperature of both contrasts.
    reconstruction_weight, contrast_weight, cluster_weight, alignment_weight
        Weights of the four losses.
    learning_rate
        Step size of Adam.
    max_epochs
        Largest number of passes over the tissue.
    normalize
        Whether the embedding is divided by its L2 norm per spot (published).
    """

    n_latent: int = 32
    scale_features: bool = True
    spatial_scales: tuple[int, ...] = (1, 2, 4)
    shared_encoder: bool = False
    view_uniform: float = 0.5
    modality_uniform: float = 0.5
    fusion: Literal["attention", "concatenation"] = "attention"
    mask_rate: float = 0.2
    learnable_token: bool = True
    independent_masks: bool = False
    mask_at_inference: bool = False
    contrast: Literal["info_nce", "positive"] = "info_nce"
    n_contrasted: int = 512
    target: Literal["balanced", "published"] = "balanced"
    temperature: float = 0.5
    reconstruction_weight: float = 1.0
    contrast_weight: float = 0.1
    cluster_weight: float = 0.1
    alignment_weight: float = 0.1
    learning_rate: float = 3e-3
    max_epochs: int = 100
    normalize: bool = False

    def changed(self, **changes: Any) -> Settings:
        """The same settings but for the given ones; None leaves a setting as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


PRESETS: dict[str, Settings] = {
    "default": Settings(),
    "paper": Settings(
        n_latent=64,
        scale_features=False,
        spatial_scales=(1,),
        shared_encoder=True,
        view_uniform=0.0,
        modality_uniform=0.0,
        fusion="concatenation",
        learnable_token=False,
        independent_masks=True,
        mask_at_inference=True,
        contrast="positive",
        target="published",
        reconstruction_weight=0.1,
        contrast_weight=0.4,
        cluster_weight=0.1,
        alignment_weight=0.6,
        learning_rate=1e-4,
        max_epochs=600,
        normalize=True,
    ),
}
"""Named settings; ``"paper"`` is the published model with its lymph node weights."""
