"""Every choice of the network and its training, and the named sets of choices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import numpy as np

from spamca._checks import check_choice, check_count, check_flag, check_real

if TYPE_CHECKING:
    from collections.abc import Sequence

VIEWS = ("spatial", "feature")
"""The views that a modality can have."""


def _number(default: float | None, least: float = 0, most: float = math.inf) -> Any:
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Choices of the network and its training; the defaults are the package's one default for all tissue.

    Parameters
    ----------
    start
        Weights that training starts from: ``"structure"``, the best linear ones in closed form
        (:func:`spamca.nn.start`), or ``"random"``.
    n_latent
        Largest width d of the latents. Wider ones keep more of the features and cost time in proportion.
    scale_features
        Whether each modality's features are divided by their root mean square.
    views
        What a modality is seen through: its ``"spatial"`` surroundings, the spots of similar ``"feature"`` s, or both.
        With ``start="structure"`` its surroundings alone.
    spatial_scales
        Hops over the spatial graph that the spatial view keeps apart. Larger ones see larger structures and cost one
        product per hop.
    shared_encoder
        Whether both views of a modality share one weight (published).
    view_uniform, modality_uniform
        Share of the attention that is spread evenly, over views and over modalities. Larger shares keep every view and
        modality in use; smaller ones let a spot rely on one alone.
    fusion
        Fusion of modalities: ``"sum"``, by their weights, ``"attention"``, or the published ``"concatenation"``. With
        ``start="structure"`` the sum.
    mask_rate
        Fraction of spots hidden in each training step. More makes the network infer more from the surroundings, and
        leaves it less to infer from.
    learnable_token
        Whether a learned row stands for hidden spots, instead of zeros.
    independent_masks
        Whether the two views of a modality hide different spots (published).
    mask_at_inference
        Whether spots are hidden in the result as well (published).
    contrast
        ``"info_nce"``, over a sample of the spots, or the published ``"positive"`` pairs only.
    n_contrasted
        Spots drawn for the contrast in each step; all but one are negatives of that one. Cost grows with the square.
    target
        Target of the alignment: the ``"balanced"`` distribution, or the ``"published"`` one.
    temperature
        Temperature of both contrasts. Smaller values push the most similar negatives away harder.
    reconstruction_weight, contrast_weight, cluster_weight, alignment_weight
        Weights of the four losses. Reconstruction keeps what is in the features; contrast and cluster draw the
        modalities together; alignment sharpens the assignment to clusters. A loss of weight zero is not computed.
    learning_rate
        Step size of Adam. Larger steps train faster and may diverge.
    n_steps
        Largest number of steps; 0 leaves the weights as they start. Tissue of several batches takes as many passes as
        give as many steps, but :attr:`least_passes` at least, and more if it is small (:attr:`spots_per_step`).
    max_epochs
        Largest number of passes over the tissue, whatever the number of steps; None leaves it to ``n_steps``.
    early_stopping
        Whether to stop earlier when the loss no longer falls.
    normalize
        Whether the embedding is divided by its L2 norm per spot (published).

    Attributes
    ----------
    filter_reach
        How far covariances are extrapolated (:func:`spamca.nn.filters.filters`): from those over one and two steps to
        distance zero, on a line. On a lattice of six neighbours two steps span 1.49 spacings, and the line needs
        1 / 0.49. More counts more of a feature as signal.
    filter_pooling
        Share of the filters' equations that the features of a modality have in common, from 0 to 1. More makes filters
        surer and more alike.
    filter_ridge
        Penalty on the filters, in units of the power of each scale. More weakens all of them.
    whole_tissue, spots_per_batch
        Spots of the largest tissue that is one batch where the caller names no size, and of a batch of larger tissue,
        or a block of it that is encoded at once. More takes memory in proportion.
    tiles_per_batch
        Tiles of a batch, from as many places. More make a batch more like the whole tissue, with more neighbours
        outside.
    spots_per_step
        Spots that a step has at least on average: smaller batches take as many more steps. More trains small batches
        longer.
    least_passes
        Passes over tissue of several batches, however few steps it would need. More trains large tissue longer.
    look_every
        Steps between two looks at the loss. Each look waits for the device; fewer looks stop later.
    flat_window, flat_tolerance
        Training stops early when the mean loss of the last ``flat_window`` steps is less than the fraction
        ``flat_tolerance`` below that of the window before. A longer window and a smaller tolerance stop later and more
        surely.
    checkpoint_every
        Seconds between two checkpoints. More costs less writing and loses more work.
    spots_per_thread
        Spots below which a second thread costs more in waiting than it saves in work.

    Raises
    ------
    TypeError
        If a value is not of the kind that the setting needs.
    ValueError
        If it is out of its range, or not one of its choices.
    """

    start: Literal["structure", "random"] = "structure"
    n_latent: int = _number(64, 1)
    scale_features: bool = True
    views: tuple[str, ...] = ("spatial",)
    spatial_scales: tuple[int, ...] = (0, 1, 2, 8)
    shared_encoder: bool = False
    view_uniform: float = _number(0.5, 0, 1)
    modality_uniform: float = _number(0.5, 0, 1)
    fusion: Literal["sum", "attention", "concatenation"] = "sum"
    mask_rate: float = _number(0.2, 0, 0.99)
    learnable_token: bool = True
    independent_masks: bool = False
    mask_at_inference: bool = False
    contrast: Literal["info_nce", "positive"] = "info_nce"
    n_contrasted: int = _number(256, 2)
    target: Literal["balanced", "published"] = "balanced"
    temperature: float = _number(0.5, 1e-3)
    reconstruction_weight: float = _number(1.0)
    contrast_weight: float = _number(0.0)
    cluster_weight: float = _number(0.0)
    alignment_weight: float = _number(0.0)
    learning_rate: float = _number(1e-3)
    n_steps: int = _number(0)
    max_epochs: int | None = _number(None)
    early_stopping: bool = True
    normalize: bool = False

    # Constants, without annotations: they are no choices of a user, and are not stored.
    filter_reach = 2.0
    filter_pooling = 0.5
    filter_ridge = 1e-2
    whole_tissue = 40_000
    spots_per_batch = 16_384
    tiles_per_batch = 8
    spots_per_step = 512
    least_passes = 3
    look_every = 10
    flat_window = 25
    flat_tolerance = 1e-3
    checkpoint_every = 30.0
    spots_per_thread = 10_000

    def __post_init__(self) -> None:
        """Check every value."""
        hints = get_type_hints(Settings)
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(one.default, str):
                check_choice(one.name, value, get_args(hints[one.name]))
            elif hints[one.name] is float:
                check_real(one.name, value, **one.metadata)
            elif isinstance(one.default, bool):
                check_flag(one.name, value)
            elif one.metadata and not (value is None and one.default is None):
                check_count(one.name, value, least=one.metadata["least"])
            if isinstance(value, np.generic):  # Lightning and files take numbers of Python only
                object.__setattr__(self, one.name, value.item())
        if not isinstance(self.views, (tuple, list)):
            msg = f"views must be a tuple of some of {VIEWS}, got {self.views!r}"
            raise TypeError(msg)
        if not self.views or not all(v in VIEWS for v in self.views) or len(set(self.views)) < len(self.views):
            msg = f"views must be some of {VIEWS}, none twice, got {self.views!r}"
            raise ValueError(msg)
        if not isinstance(self.spatial_scales, (tuple, list)) or not self.spatial_scales:
            msg = f"spatial_scales must be a tuple of numbers of hops, e.g. (1, 2, 4), got {self.spatial_scales!r}"
            raise TypeError(msg)
        for scale in self.spatial_scales:
            check_count("spatial_scales", scale)
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
        """Whether a loss needs clusters."""
        return self.cluster_weight > 0 or self.alignment_weight > 0

    def width(self, n_features: Sequence[int]) -> int:
        """Columns of the embedding of modalities with so many features each: ``n_latent``, and in the closed form at most all of them."""
        return min(self.n_latent, sum(n_features)) if self.start == "structure" else self.n_latent

    def changed(self, **changes: Any) -> Settings:
        """The same settings but for the given ones; None leaves a setting as it is."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


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
