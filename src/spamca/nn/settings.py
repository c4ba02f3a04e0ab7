"""Every choice of the network and its training, and the named sets of choices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Literal

from spamca.nn.fusion import FUSIONS
from spamca.nn.losses import CONTRASTS, TARGETS

VIEWS = ("spatial", "feature")
"""The views that a modality can have."""

STARTS = ("structure", "random")
"""Where weights can start from."""

CHOICES = {"start": STARTS, "fusion": FUSIONS, "contrast": CONTRASTS, "target": TARGETS}
"""Where the names that a setting may have are registered."""

RANGES = {
    "n_latent": (1, math.inf),
    "view_uniform": (0, 1),
    "modality_uniform": (0, 1),
    "mask_rate": (0, 0.99),
    "n_contrasted": (2, math.inf),
    "temperature": (1e-3, math.inf),
    "reconstruction_weight": (0, math.inf),
    "contrast_weight": (0, math.inf),
    "cluster_weight": (0, math.inf),
    "alignment_weight": (0, math.inf),
    "learning_rate": (0, math.inf),
    "n_steps": (0, math.inf),
    "max_epochs": (0, math.inf),
}
"""Smallest and largest value of the settings that are numbers."""

WHOLE = ("n_latent", "n_contrasted", "n_steps", "max_epochs")
"""Settings that are whole numbers."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Choices of the network and its training; the defaults are the package's one default for all tissue.

    Parameters
    ----------
    start
        Weights that training starts from: ``"structure"``, what the tissue itself tells in closed form
        (:func:`spamca.nn.start.start`), or ``"random"``.
    n_latent
        Largest width d of the latents. Wider ones keep more of the features and cost time in proportion.
    scale_features
        Whether each modality's features are divided by their root mean square.
    views
        What a modality is seen through: its ``"spatial"`` surroundings, the spots of similar ``"feature"`` s, or both. With
        ``start="structure"`` its surroundings alone.
    spatial_scales
        Hops over the spatial graph that the spatial view keeps side by side.
    shared_encoder
        Whether both views of a modality share one weight (published).
    view_uniform, modality_uniform
        Share of the attention that is spread evenly, over views and over modalities. Larger shares keep every view and
        modality in play; smaller ones let a spot rely on one alone.
    fusion
        Fusion of modalities: ``"sum"``, by their weights, ``"attention"``, or the published ``"concatenation"``. With
        ``start="structure"`` the sum.
    mask_rate
        Fraction of spots hidden in each training step. More makes the network infer more from the surroundings, and
        leaves it less to infer from.
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
        Temperature of both contrasts. Smaller values push the most similar others away harder.
    reconstruction_weight, contrast_weight, cluster_weight, alignment_weight
        Weights of the four losses. Reconstruction keeps what is in the features; contrast and cluster draw the
        modalities together; alignment sharpens the assignment to clusters. What a loss of weight zero needs is not built.
    learning_rate
        Step size of Adam.
    n_steps
        Largest number of steps; 0 leaves the weights as they start. Passes over the tissue while it is one
        batch, and where it is more, as many passes as give as many steps, but three at least, and of small tissue more (:data:`spamca.train.batches.LEAST_SEEN`).
    max_epochs
        Largest number of passes over the tissue, whatever the number of steps; None leaves it to ``n_steps``.
    early_stopping
        Whether to stop earlier when the loss no longer falls.
    normalize
        Whether the embedding is divided by its L2 norm per spot (published).

    Raises
    ------
    TypeError
        If a value is not of the kind that the setting needs.
    ValueError
        If it is out of its range, or not one of its choices.
    """

    start: Literal["structure", "random"] = "structure"
    n_latent: int = 64
    scale_features: bool = True
    views: tuple[str, ...] = ("spatial",)
    spatial_scales: tuple[int, ...] = (0, 1, 2, 8)
    shared_encoder: bool = False
    view_uniform: float = 0.5
    modality_uniform: float = 0.5
    fusion: Literal["sum", "attention", "concatenation"] = "sum"
    mask_rate: float = 0.2
    learnable_token: bool = True
    independent_masks: bool = False
    mask_at_inference: bool = False
    contrast: Literal["info_nce", "positive"] = "info_nce"
    n_contrasted: int = 256
    target: Literal["balanced", "published"] = "balanced"
    temperature: float = 0.5
    reconstruction_weight: float = 1.0
    contrast_weight: float = 0.0
    cluster_weight: float = 0.0
    alignment_weight: float = 0.0
    learning_rate: float = 1e-3
    n_steps: int = 0
    max_epochs: int | None = None
    early_stopping: bool = True
    normalize: bool = False

    def __post_init__(self) -> None:
        """Judge every value."""
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                msg = f"{name} must be one of {', '.join(map(repr, choices))}, got {getattr(self, name)!r}"
                raise ValueError(msg)
        for name, (least, most) in RANGES.items():
            if name == "max_epochs" and self.max_epochs is None:
                continue
            _check_number(name, getattr(self, name), least, most, Integral if name in WHOLE else Real)
        if not isinstance(self.views, (tuple, list)):
            msg = f"views must be a tuple of some of {VIEWS}, got {self.views!r}"
            raise TypeError(msg)
        known = all(view in VIEWS for view in self.views)
        if not self.views or not known or len(set(self.views)) < len(self.views):
            msg = f"views must be some of {VIEWS}, none twice, got {self.views!r}"
            raise ValueError(msg)
        if not isinstance(self.spatial_scales, (tuple, list)) or not self.spatial_scales:
            msg = f"spatial_scales must be a tuple of numbers of hops, e.g. (1, 2, 4), got {self.spatial_scales!r}"
            raise TypeError(msg)
        for scale in self.spatial_scales:
            _check_number("spatial_scales", scale, 0, math.inf, Integral)
        if len(set(self.spatial_scales)) < len(self.spatial_scales):
            msg = f"spatial_scales must differ, got {self.spatial_scales!r}"
            raise ValueError(msg)

        if self.start == "structure" and (tuple(self.views), self.fusion) != (("spatial",), "sum"):
            msg = (
                "start='structure' needs views=('spatial',) and fusion='sum', got "
                f"views={self.views!r} and fusion={self.fusion!r}; use start='random'"
            )
            raise ValueError(msg)

    @property
    def clusters(self) -> bool:
        """Whether a loss asks for clusters."""
        return self.cluster_weight > 0 or self.alignment_weight > 0

    def changed(self, **changes: Any) -> Settings:
        """The same settings but for the given ones; None leaves a setting as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


def _check_number(name: str, value: Any, least: float, most: float, kind: type) -> None:
    if isinstance(value, bool) or not isinstance(value, kind):
        msg = f"{name} must be {'a whole number' if kind is Integral else 'a number'}, got {value!r}"
        raise TypeError(msg)
    if not least <= value <= most:
        limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        msg = f"{name} must be {limits}, got {value!r}"
        raise ValueError(msg)


PRESETS: dict[str, Settings] = {
    "default": Settings(),
    "paper": Settings(
        start="random",
        scale_features=False,
        views=VIEWS,
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
        n_steps=600,
        early_stopping=False,
        normalize=True,
    ),
}
"""Named settings; ``"paper"`` is the published model with its lymph node weights."""
