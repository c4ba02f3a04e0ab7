"""Means over the surroundings of a spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, diags, identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

N_PROBES = 64
"""Random values that show what averaging leaves of noise."""


def average(adjacency: csr_matrix) -> csr_matrix:
    """Mean over a spot and its neighbours, as a sparse matrix (n, n)."""
    looped = (adjacency != 0).astype(np.float64) + identity(adjacency.shape[0], format="csr")
    return csr_matrix(diags(1 / np.asarray(looped.sum(axis=1)).ravel()) @ looped)


def at_scales(values: np.ndarray, step: csr_matrix, hops: Sequence[int]) -> Iterator[np.ndarray]:
    r"""Values averaged over rising numbers of hops, :math:`S^h X`.

    Parameters
    ----------
    values
        Shape (n, r).
    step
        The average S of :func:`average`, sparse of shape (n, n).
    hops
        Rising numbers of hops h; 0 gives the values themselves.

    Yields
    ------
    Shape (n, r), once for each number of hops.
    """
    done = 0
    for h in hops:
        for _ in range(h - done):
            values = step @ values
        done = h
        yield values


def shrinkage(step: csr_matrix, hops: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    r"""Variance that independent values of variance one keep after averaging, :math:`\frac1n \lVert S^h \rVert_F^2`.

    Estimated by random probes (Hutchinson 1990). Shape (len(hops),).
    """
    probes = rng.standard_normal((step.shape[0], N_PROBES))
    return np.array([np.square(values).mean() for values in at_scales(probes, step, hops)])
