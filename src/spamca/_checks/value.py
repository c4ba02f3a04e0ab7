"""Whether a single argument is of its kind and in its range."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection


def check_seed(random_state: int) -> int:
    """Whether a seed is one that numpy, torch and scikit-learn all take.

    Returns
    -------
    The seed as a plain integer, as files store it.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 0, or 2**32 and more.
    """
    if isinstance(random_state, (bool, np.bool_)) or not isinstance(random_state, (int, np.integer)):
        msg = f"random_state must be an integer, got {random_state!r}; the default is 0"
        raise TypeError(msg)
    if not 0 <= random_state < 2**32:
        msg = f"random_state must be at least 0 and less than 2**32, got {random_state}"
        raise ValueError(msg)
    return int(random_state)


def check_n_clusters(n_clusters: int, n_obs: int) -> None:
    """Whether a number of clusters suits a number of spots.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 2 or above the number of spots.
    """
    if isinstance(n_clusters, (bool, np.bool_)) or not isinstance(n_clusters, (int, np.integer)):
        msg = f"n_clusters must be an integer, got {n_clusters!r}"
        raise TypeError(msg)
    if not 2 <= n_clusters <= n_obs:
        msg = f"n_clusters must be at least 2 and at most the number of spots ({n_obs}), got {n_clusters}"
        raise ValueError(msg)


def check_count(name: str, value: int, *, least: int = 0) -> None:
    """Whether an argument is an integer of at least some size.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        msg = f"{name} must be an integer, got {value!r}"
        raise TypeError(msg)
    if value < least:
        msg = f"{name} must be at least {least}, got {value}"
        raise ValueError(msg)


def check_neighbors(name: str, n_neighbors: int, n_obs: int, *, where: str = "mdata") -> None:
    """Whether a number of neighbours suits a number of spots.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 1, or not below the number of spots.
    """
    check_count(name, n_neighbors, least=1)
    if n_neighbors >= n_obs:
        msg = f"{name} must be less than the {n_obs} spots of {where}, got {n_neighbors}; pass a smaller {name}"
        raise ValueError(msg)


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Whether an argument is one of its choices.

    Raises
    ------
    ValueError
        If it is not.
    """
    # Lists and arrays cannot be looked up.
    if not isinstance(value, str) or value not in choices:
        msg = f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        raise ValueError(msg)


def check_flag(name: str, value: Any, *, optional: bool = False) -> None:
    """Whether an argument is True or False, or None where that is a choice.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(value, (bool, np.bool_)) and not (optional and value is None):
        msg = f"{name} must be True{', False or None' if optional else ' or False'}, got {value!r}"
        raise TypeError(msg)


def check_real(name: str, value: float, *, least: float = -np.inf, most: float = np.inf) -> None:
    """Whether an argument is a number within bounds; NaN is within none.

    Raises
    ------
    TypeError
        If it is not a real number.
    ValueError
        If it is out of bounds.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        msg = f"{name} must be a number, got {value!r}"
        raise TypeError(msg)
    if not least <= value <= most:
        msg = f"{name} must lie between {least} and {most}, got {value!r}"
        raise ValueError(msg)


def check_length(name: str, value: float | None) -> None:
    """Whether an argument is a length in the tissue.

    Raises
    ------
    TypeError
        If it is not a real number.
    ValueError
        If it is missing, or not positive and finite.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, type(None))):
        msg = f"{name} must be a number, a length in the units of the coordinates, got {value!r}"
        raise TypeError(msg)
    if value is None or not 0 < value < np.inf:
        msg = f"{name} must be a positive length in the units of the coordinates, got {value!r}"
        raise ValueError(msg)


def check_name(name: str, value: str) -> None:
    """Whether an argument that names something is a string.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(value, str):
        msg = f"{name} must be a string, got {value!r}"
        raise TypeError(msg)
