"""Tools: train the network on a tissue, and read domains from what it learned."""

from __future__ import annotations

from spamca.tl._cluster import cluster
from spamca.tl._denoise import denoise
from spamca.tl._estimate_n_clusters import estimate_n_clusters
from spamca.tl._hierarchy import hierarchy
from spamca.tl._integrate import integrate
from spamca.tl._transform import transform

__all__ = ["cluster", "denoise", "estimate_n_clusters", "hierarchy", "integrate", "transform"]
