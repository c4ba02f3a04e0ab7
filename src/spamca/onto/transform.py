r"""Affine maps of the plane, given as a matrix or fitted to landmarks.

.. math:: T(x) = M x + t, \qquad (\hat M, \hat t) = \arg\min_{M, t} \sum_l \lVert M a_l + t - b_l \rVert^2

with landmarks a in the coordinates of a modality and b in those of the reference. An affine map has any M, a similarity a
rotation times one scale, with a reflection where that fits better (Umeyama 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LANDMARKS = {"affine": 3, "similarity": 2}
"""Maps that landmarks can be fitted by, and the pairs that each needs."""

FLATTEST = 1e-8
"""Ratio of the scales of a map along its axes below which it is singular: points would fall on a line."""


@dataclass(frozen=True)
class Affine:
    """An affine map of the plane: ``matrix`` is (3, 3), the last row 0, 0, 1; ``residual`` that of the landmarks, else NaN.

    The residual is the root mean square distance of transformed landmarks from where they should be.
    """

    matrix: np.ndarray
    residual: float = np.nan

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) under the map, float64."""
        return np.asarray(points, dtype=np.float64) @ self.matrix[:2, :2].T + self.matrix[:2, 2]


def from_matrix(matrix: np.ndarray) -> Affine:
    """A map from its matrix, (2, 3) or (3, 3); ValueError if that is none of an affine map, or singular."""
    full = np.eye(3)
    full[: len(matrix)] = matrix
    if not np.isfinite(full).all():
        msg = "it must be finite"
        raise ValueError(msg)
    if not np.allclose(full[2], [0, 0, 1]):
        msg = f"the last row of an affine matrix is [0, 0, 1], got {full[2].tolist()}"
        raise ValueError(msg)
    scales = np.linalg.svd(full[:2, :2], compute_uv=False)
    if scales[1] <= FLATTEST * scales[0]:
        msg = "it is singular: it maps all points onto a line"
        raise ValueError(msg)
    return Affine(full)


def from_landmarks(source: np.ndarray, target: np.ndarray, kind: str) -> Affine:
    """A map fitted to landmarks, both (n_landmarks, 2), with its residual; ValueError if these do not determine it.

    Kind is a key of :data:`LANDMARKS`.
    """
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        msg = "landmarks must be finite"
        raise ValueError(msg)
    least = LANDMARKS[kind]
    if len(np.unique(source, axis=0)) < least:
        mend = "; with two, pass landmarks='similarity'" if kind == "affine" else ""
        msg = f"a map of kind {kind!r} needs at least {least} pairs of different landmarks, got {len(source)}{mend}"
        raise ValueError(msg)
    matrix = _affine(source, target) if kind == "affine" else _similarity(source, target)
    fitted = from_matrix(matrix)
    return Affine(fitted.matrix, float(np.sqrt(np.square(fitted(source) - target).sum(axis=1).mean())))


def _affine(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    # Centred and scaled first: coordinates in nanometres would leave few digits.
    middle, scale = source.mean(axis=0), np.abs(source - source.mean(axis=0)).max()
    design = np.column_stack([(source - middle) / scale, np.ones(len(source))])
    found, _, rank, _ = np.linalg.lstsq(design, target, rcond=FLATTEST)
    if rank < 3:
        msg = "the landmarks lie on one line, which leaves an affine map open; add one away from it"
        raise ValueError(msg)
    linear = found[:2].T / scale
    return np.column_stack([linear, found[2] - linear @ middle])


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    from skimage.transform import estimate_transform

    best, least = None, np.inf
    for mirror in (np.eye(3), np.diag([-1.0, 1.0, 1.0])):
        found = estimate_transform("similarity", source @ mirror[:2, :2], target)
        matrix = np.asarray(found.params) @ mirror
        error = float(np.square(source @ matrix[:2, :2].T + matrix[:2, 2] - target).sum())
        # Two pairs fit either way: no reflection without a reason.
        if np.isfinite(error) and (best is None or error < 0.99 * least - 1e-12):
            best, least = matrix, error
    if best is None:
        msg = "the landmarks determine no similarity"
        raise ValueError(msg)
    return best[:2]
