"""Tools: train the network on a tissue, and read domains from what it learned."""

from __future__ import annotations

try:
    from spamca.tl._cluster import cluster
except ModuleNotFoundError:
    pass
from spamca.tl._integrate import integrate

__all__ = ["cluster", "integrate"]
