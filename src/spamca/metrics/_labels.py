"""Labels as whole numbers, with the spots that have none left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

UNDETERMINED = frozenset({"", "na", "nan", "none", "unassigned", "undetermined", "unknown"})
"""Labels that say that a spot has none, in lower case."""


def codes(labels: ArrayLike) -> np.ndarray:
    """Number the labels.

    Parameters
    ----------
    labels
        Shape (n_spots,), of any type.

    Returns
    -------
    Integers of shape (n_spots,), -1 where the label is missing or in ``UNDETERMINED``.

    Raises
    ------
    TypeError
        If a MuData or AnnData is given.
    """
    import pandas as pd

    check_not_tissue(labels)
    values = pd.Categorical(labels)
    undetermined = [str(category).strip().lower() in UNDETERMINED for category in values.categories]
    # The last entry is what code -1, a missing label, picks.
    renumbered = np.append(np.where(undetermined, -1, np.arange(len(undetermined))), -1)
    return renumbered[values.codes]


def check_same_length(**arrays: np.ndarray) -> None:
    """Raise where arrays differ in their number of spots."""
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(array)}" for name, array in arrays.items())
        msg = f"All arguments need one entry for each spot: {lengths}"
        raise ValueError(msg)


def check_not_tissue(given: object) -> None:
    """Raise where a MuData or AnnData is given for an array: as one, it would be read spot by spot without end."""
    if hasattr(given, "obs_names"):
        msg = f"arrays are wanted here, got {type(given).__name__}; call spamca.metrics.score(mdata), or pass a column of its obs"
        raise TypeError(msg)
