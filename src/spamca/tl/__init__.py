"""Tools: train the network on a tissue, and read domains from what it learned."""

from __future__ import annotations

from spamca.tl._cluster import cluster
from spamca.tl._compare import compare
from spamca.tl._denoise import denoise
from spamca.tl._describe import describe
from spamca.tl._drivers import drivers
from spamca.tl._estimate_n_clusters import estimate_n_clusters
from spamca.tl._hierarchy import hierarchy
from spamca.tl._integrate import integrate
from spamca.tl._rename_domains import rename_domains
from spamca.tl._trajectory import trajectory
from spamca.tl._transform import transform
from spamca.tl._variance_explained import variance_explained

__all__ = [
    "cluster",
    "compare",
    "denoise",
    "describe",
    "drivers",
    "estimate_n_clusters",
    "hierarchy",
    "integrate",
    "rename_domains",
    "trajectory",
    "transform",
    "variance_explained",
]
