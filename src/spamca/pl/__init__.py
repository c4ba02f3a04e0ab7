"""Figures of results. Every function gives axes and leaves showing and saving to the caller."""

from spamca.pl._hierarchy import hierarchy
from spamca.pl._modality_weights import modality_weights
from spamca.pl._n_clusters import n_clusters
from spamca.pl._spatial_clusters import spatial_clusters
from spamca.pl._training_history import training_history

__all__ = ["hierarchy", "modality_weights", "n_clusters", "spatial_clusters", "training_history"]
