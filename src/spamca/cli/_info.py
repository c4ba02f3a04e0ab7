"""``spamca info``: what a file holds."""

from __future__ import annotations

def info(call, interruption): ...
