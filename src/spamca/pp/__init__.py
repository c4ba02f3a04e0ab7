"""Preprocessing: features of each modality, and graphs of spots."""

from __future__ import annotations

from spamca.pp._image_features import image_features
from spamca.pp._neighbors import neighbors
from spamca.pp._onto_spots import onto_spots
from spamca.pp._prepare import prepare

__all__ = [
    "image_features",
    "neighbors",
    "onto_spots",
    "prepare",
]
