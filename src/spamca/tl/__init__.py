"""Tools: train the network on a tissue, and read domains from what it learned."""

from __future__ import annotations

from spamca.tl._cluster import cluster
from spamca.tl._integrate import integrate

__all__ = ["cluster", "integrate"]
