"""Threads that fit the size of the problem."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

SPOTS_PER_THREAD = 10_000
"""Below this many spots a second thread costs more in waiting than it saves in work."""


@contextmanager
def threads(n_spots: int) -> Iterator[int]:
    """As many threads as the size of the problem feeds, up to the caller's number; restored afterwards."""
    before = torch.get_num_threads()
    wanted = min(before, max(1, math.ceil(n_spots / SPOTS_PER_THREAD)))
    torch.set_num_threads(wanted)
    try:
        yield wanted
    finally:
        torch.set_num_threads(before)
