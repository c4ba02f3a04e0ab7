"""The losses, one a file."""

from __future__ import annotations

from spamca.nn.losses.alignment import TARGETS, alignment_loss, balanced_target, published_target
from spamca.nn.losses.cluster import cluster_contrast_loss, imbalance
from spamca.nn.losses.contrast import CONTRASTS, info_nce_loss, positive_contrast_loss
from spamca.nn.losses.reconstruction import reconstruction_loss

__all__ = [
    "CONTRASTS",
    "TARGETS",
    "alignment_loss",
    "balanced_target",
    "cluster_contrast_loss",
    "imbalance",
    "info_nce_loss",
    "positive_contrast_loss",
    "published_target",
    "reconstruction_loss",
]
