"""Labels as whole numbers, -1 for spots that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.kmeans import subsample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

UNDETERMINED = frozenset({"", "na", "nan", "none", "unassigned", "undetermined", "unknown"})
"""Labels that say that a spot has none, in lower case."""

MAX_SPOTS = 5_000
"""Spots of the sample in which costly measures are taken on larger tissue."""


def codes(labels: ArrayLike) -> np.ndarray:
    """Numbers of the labels, (n_spots,), -1 where the label is missing or in ``UNDETERMINED``."""
    import pandas as pd

    values = pd.Categorical(labels)
    undetermined = [category for category in values.categories if str(category).strip().lower() in UNDETERMINED]
    return values.remove_categories(undetermined).codes.astype(np.int64)


def check_arrays(**arrays: ArrayLike | None) -> None:
    """Raise where one is a MuData or AnnData, over which pandas would iterate forever, or where lengths differ."""
    given: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
    for array in given.values():
        if hasattr(array, "obs_names"):
            mend = "call spamca.metrics.score(mdata), or pass a column of its obs"
            msg = f"arrays are wanted here, got {type(array).__name__}; {mend}"
            raise TypeError(msg)
    if len({len(array) for array in given.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(array)}" for name, array in given.items())
        msg = f"All arguments need one entry for each spot: {lengths}"
        raise ValueError(msg)


def sample(n_spots: int, random_state: int) -> np.ndarray:
    """Rows of all spots, or of a sample of ``MAX_SPOTS`` of them."""
    return np.arange(n_spots)[subsample(n_spots, MAX_SPOTS, np.random.default_rng(random_state))]
