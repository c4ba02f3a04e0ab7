"""One bar over the steps of a call, on stderr."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

RANK = "LOCAL_RANK"  # number of this process among those that share a training, as Lightning sets it


class Progress(AbstractContextManager["Progress"]):
    """A bar over a number of steps, none where it is not ``shown``, or in another than the first of several processes."""

    def __init__(self, n_steps: int, caller: str, *, shown: bool) -> None:
        self._bar: Any = None
        if shown and os.environ.get(RANK, "0") == "0":
            from tqdm.auto import tqdm

            self._bar = tqdm(total=n_steps, desc=caller, unit="step")

    def begin(self, what: str) -> None:
        """Say what the next step is."""
        if self._bar is not None:
            self._bar.set_postfix_str(what)

    def step(self) -> None:
        """Move on by a step."""
        if self._bar is not None:
            self._bar.update(1)

    def close(self) -> None:
        """Close the bar where it is."""
        if self._bar is not None:
            self._bar.close()

    def __exit__(self, *exception: object) -> None:
        self.close()
