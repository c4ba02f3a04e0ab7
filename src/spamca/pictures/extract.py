"""Features of patches: by squidpy, or by any function from patches to numbers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SQUIDPY = ("summary", "histogram", "texture")
"""Features that squidpy computes: mean, deviation and quantiles of each channel; counts of its values in bins; co-occurrence
of grey levels, which takes far longer."""


def squidpy_features(patches: np.ndarray, features: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Features of patches (n, side, side, channels) from 0 to 1 by :class:`squidpy.im.ImageContainer`, and their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what squidpy imports, about its own code
        from squidpy.im import ImageContainer

    rows: list[dict[str, Any]] = []
    for patch in patches:
        row: dict[str, Any] = {}
        holder = ImageContainer(patch, layer="image")
        for feature in features:
            # The range is that of all pictures: by default it would be that of the patch.
            options = {"v_range": (0.0, 1.0)} if feature == "histogram" else {}
            row |= getattr(holder, f"features_{feature}")("image", feature_name=feature, **options)
        rows.append(row)
    names = list(rows[0]) if rows else []
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float32), names


def features_of(patches: np.ndarray, extractor: Callable[[np.ndarray], Any]) -> np.ndarray:
    """Features that a function gives of patches, (n, d), float32; ValueError if it gives anything else."""
    found = extractor(patches)
    if hasattr(found, "detach"):  # a tensor, maybe on another device
        found = found.detach().cpu().numpy()
    try:
        values = np.asarray(found, dtype=np.float32)
    except (TypeError, ValueError) as error:
        msg = f"it must give numbers of shape (n, d), got {type(found).__name__}"
        raise ValueError(msg) from error
    if values.ndim != 2 or len(values) != len(patches) or not values.shape[1]:
        msg = f"of {len(patches)} patches it must give an array of shape ({len(patches)}, d), got {values.shape}"
        raise ValueError(msg)
    if not np.isfinite(values).all():
        msg = "it gave NaN or infinite features"
        raise ValueError(msg)
    return values
