"""Figures of results. Every function gives axes, or saves, shows or gives the figure, as its arguments say."""

from spamca.pl._alluvial import alluvial
from spamca.pl._compare import compare
from spamca.pl._confusion import confusion
from spamca.pl._drivers import drivers
from spamca.pl._hierarchy import hierarchy
from spamca.pl._modality_weights import modality_weights
from spamca.pl._n_clusters import n_clusters
from spamca.pl._overlay import overlay
from spamca.pl._spatial_clusters import spatial_clusters
from spamca.pl._training_history import training_history
from spamca.pl._trajectory import trajectory
from spamca.pl._variance_explained import variance_explained

__all__ = [
    "alluvial",
    "compare",
    "confusion",
    "drivers",
    "hierarchy",
    "modality_weights",
    "n_clusters",
    "overlay",
    "spatial_clusters",
    "training_history",
    "trajectory",
    "variance_explained",
]
