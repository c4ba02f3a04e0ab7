"""Leading eigenvectors of a symmetric matrix that is known by its products alone, each of which is dear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SPARE = 20
"""Vectors carried beside those wanted: the gap to what lies beyond them is what convergence lives on."""

TOLERANCE = 1e-6
"""Length of what an eigenvector's product has outside of it, in parts of the least eigenvalue wanted."""

MOST_BLOCKS = 8
"""Blocks of vectors kept before the best are begun with anew."""

MOST_PRODUCTS = 100
"""Products after which what was found is taken."""


def leading_eigenvectors(
    times: Callable[[np.ndarray], np.ndarray], n: int, n_wanted: int, *, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Leading eigenvectors of a symmetric positive semidefinite matrix by block Lanczos iterations.

    With all vectors kept orthogonal, and begun anew from the best vectors where they become too many (Golub & Underwood 1977;
    Wu & Simon 2000). A product with a block of vectors costs one reading of the data, so that blocks need far fewer readings
    than :func:`scipy.sparse.linalg.eigsh`, which multiplies one vector at a time.

    Parameters
    ----------
    times
        Product of the matrix with vectors (n, n_vectors).
    n
        Size of the matrix.
    n_wanted
        Number of eigenvectors.
    random_state
        Seed of the vectors to begin with.

    Returns
    -------
    Eigenvectors of shape (n, n_wanted) and eigenvalues (n_wanted,), the largest first.
    """
    width = min(n, n_wanted + SPARE)
    block = np.linalg.qr(np.random.default_rng(random_state).standard_normal((n, width)))[0]
    basis, within = np.empty((n, 0)), np.empty((0, 0))
    for product in range(1, MOST_PRODUCTS + 1):
        image = times(block)
        basis = np.hstack([basis, block])
        column = basis.T @ image
        within = np.block([[within, column[:-width]], [column[:-width].T, column[-width:]]])
        values, turn = np.linalg.eigh((within + within.T) / 2)
        values, turn = values[::-1], turn[:, ::-1]
        image -= basis @ column
        image -= basis @ (basis.T @ image)
        block, rest = np.linalg.qr(image)
        outside = np.linalg.norm(rest @ turn[-width:, :n_wanted], axis=0)
        whole = basis.shape[1] + width > n
        if whole or outside.max() <= TOLERANCE * values[n_wanted - 1] or product == MOST_PRODUCTS:
            break
        if basis.shape[1] >= MOST_BLOCKS * width:
            basis, within = basis @ turn[:, : 2 * width], np.diag(values[: 2 * width])
    return basis @ turn[:, :n_wanted], values[:n_wanted]
