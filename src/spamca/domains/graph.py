"""The spatial graph, with what the search for domains computes on it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, diags, identity, triu

from spamca import _threads
from spamca._threads import in_blocks
from spamca.domains.threads import float_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

N_PROBES, PROBED = 64, 64 * 40_000
"""Random values of each spot that measure how much noise averaging leaves, and of all spots where these are so many."""

N_PATCHES = 40
"""Patches of large tissue. More cover more of it; fewer hold more spots with all of their neighbours."""


class Graph:
    """Spatial graph of n ``spots``, or of all for None, from a symmetric ``adjacency`` (N, N), whose weights are not used."""

    def __init__(self, adjacency: csr_matrix, spots: np.ndarray | None = None) -> None:
        self._whole, self._spots = adjacency, spots
        self.n_spots = adjacency.shape[0] if spots is None else len(spots)
        self.cache: dict[Any, Any] = {}

    @cached_property
    def adjacency(self) -> csr_matrix:
        """The graph, sparse of shape (n, n)."""
        return self._whole if self._spots is None else self._whole[self._spots][:, self._spots]

    @cached_property
    def links(self) -> csr_matrix:
        """Ones for each two neighbours, sparse of shape (n, n)."""
        return (self.adjacency != 0).astype(float_of(self.n_spots))

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of each edge."""
        edges = triu(self.adjacency, 1).tocoo()
        return edges.row, edges.col

    @cached_property
    def step(self) -> csr_matrix:
        """Mean over a spot and its neighbours, sparse of shape (n, n)."""
        looped = self.links + identity(self.n_spots, self.links.dtype, format="csr")
        if looped.dtype == np.float32:
            number = np.diff(looped.indptr)
            return csr_matrix(((1 / np.repeat(number, number)).astype(np.float32), looped.indices, looped.indptr))
        return csr_matrix(diags(1 / np.asarray(looped.sum(axis=1)).ravel()) @ looped)

    def take(self, spots: np.ndarray) -> Graph:
        """The graph of some of the spots."""
        return Graph(self._whole, spots if self._spots is None else self._spots[spots])

    def averaged(self, values: np.ndarray, hops: Sequence[int]) -> Iterator[np.ndarray]:
        r"""Values (n, r) averaged over rising numbers of hops h, :math:`S^h X` with S the :attr:`step`."""
        done = 0
        for h in hops:
            for _ in range(h - done):
                values = product(self.step, values)
            done = h
            yield values

    def shrinkage(self, hops: Sequence[int], rng: np.random.Generator) -> np.ndarray:
        r"""Variance that independent values of variance one keep after averaging, :math:`\frac1n \lVert S^h \rVert_F^2`, (len(hops),).

        Estimated by random probes (Hutchinson 1990).
        """
        probes = rng.standard_normal((self.n_spots, int(np.clip(PROBED // self.n_spots, 2, N_PROBES))))
        averaged = self.averaged(probes.astype(float_of(self.n_spots), copy=False), hops)
        return np.array([np.square(values).mean(dtype=np.float64) for values in averaged])

    def within(self, reach: int) -> csr_matrix:
        """Ones for every two spots at most ``reach`` hops apart, sparse of shape (n, n), without the spots themselves."""
        if reach == 1:
            return self.links
        if reach not in self.cache:
            step, reached = self.links + identity(self.n_spots, format="csr"), self.links
            for _ in range(reach - 1):
                reached = reached @ step
            ones = np.ones(reached.nnz, self.links.dtype)
            reached = csr_matrix((ones, reached.indices, reached.indptr), shape=reached.shape)
            reached = csr_matrix(reached - diags(reached.diagonal()))
            reached.eliminate_zeros()
            self.cache[reach] = reached
        return self.cache[reach]

    def pull(self, coherence: float) -> csr_matrix:
        """Weight of each neighbour of a spot in the Markov random field, float32, sparse of shape (n, n).

        An edge counts for both of its ends, and each neighbour of a spot for more where there are few. ``coherence`` is in nats per spot.
        """
        degree = np.diff(self.links.indptr).astype(np.float64)
        scale = np.where(degree > 0, degree.mean() / np.where(degree > 0, degree, 1), 0)
        strength = coherence * self.n_spots / max(len(self.edges[0]), 1)
        weight = np.repeat(strength * scale, np.diff(self.links.indptr)).astype(np.float32)
        return csr_matrix((weight, self.links.indices, self.links.indptr), self.links.shape)

    def fill(self, values: np.ndarray, present: np.ndarray | None) -> np.ndarray:
        """Give each missing row of values (n, d) the mean of the neighbours that have one, ring by ring; zero where no path leads."""
        if present is None:
            return values
        known, filled = present.copy(), np.where(present[:, None], values, 0.0)
        while not known.all():
            n_known = self.links @ known.astype(np.float64)
            reached = ~known & (n_known > 0)
            if not reached.any():
                break
            filled[reached] = (self.links[reached] @ filled) / n_known[reached, None]
            known |= reached
        return filled

    def patches_by_section(
        self, sections: np.ndarray, n_spots: int, rng: np.random.Generator, *, least: int, most: int = N_PATCHES
    ) -> np.ndarray:
        """About so many spots, of each section (n,) by its size, in at most so many patches of at least so many spots. Rising positions."""
        out = []
        for section in np.unique(sections):
            spots = np.flatnonzero(sections == section)
            wanted = min(len(spots), max(1, round(n_spots * len(spots) / len(sections))))
            if wanted < len(spots):
                n_patches = int(np.clip(wanted // least, 1, most))
                own = self if len(spots) == self.n_spots else self.take(spots)
                spots = spots[own.patches(wanted, rng, n_patches=n_patches)]
            out.append(spots)
        return np.sort(np.concatenate(out))

    def patches(self, n_spots: int, rng: np.random.Generator, *, n_patches: int = N_PATCHES) -> np.ndarray:
        """Spots around random centres: a sample that keeps its neighbours. Rising positions, (n_spots,), below n."""
        taken = np.zeros(self.n_spots, dtype=bool)
        front = rng.choice(self.n_spots, min(n_patches, n_spots), replace=False)
        while True:
            room = n_spots - int(taken.sum())
            new = front[~taken[front]]
            taken[new[:room]] = True
            if len(new) >= room:
                return np.flatnonzero(taken)
            front = np.unique(self.adjacency[new].indices)
            if not (~taken[front]).any():  # the patches fill the pieces of tissue that they are in
                left = np.flatnonzero(~taken)
                front = rng.choice(left, min(n_patches, len(left)), replace=False)


def product(matrix: csr_matrix, values: np.ndarray) -> np.ndarray:
    """Product of a sparse matrix (n, n) with values (n, r), in blocks of rows."""
    if len(values) <= _threads.ROWS:
        return matrix @ values
    out = np.empty(values.shape, np.result_type(matrix, values))

    def multiply(rows: slice) -> None:
        out[rows] = rows_of(matrix, rows) @ values

    in_blocks(multiply, len(values))
    return out


def rows_of(matrix: csr_matrix, rows: slice) -> csr_matrix:
    """Some rows of a sparse matrix, which share its memory; itself where they are all."""
    n_rows, (begin, end) = rows.stop - rows.start, matrix.indptr[[rows.start, rows.stop]]
    if n_rows == matrix.shape[0]:
        return matrix
    starts = matrix.indptr[rows.start : rows.stop + 1] - begin
    return csr_matrix((matrix.data[begin:end], matrix.indices[begin:end], starts), (n_rows, matrix.shape[1]))
