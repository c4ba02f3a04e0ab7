"""Components of the modalities on the spatial graph, which domains are found in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.domains.graph import Graph
from spamca.domains.noise import noise_whitening
from spamca.domains.settings import DEFAULTS, DomainSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.domains.noise import Whitening

_RIDGE = 1e-6


@dataclass(frozen=True)
class Block:
    """Components of one modality."""

    values: np.ndarray  #: shape (n, r); rows of spots that lack the modality are zero
    weight: float = 1.0  #: power that the likelihood of the modality is raised to
    present: np.ndarray | None = None  #: which spots have the modality, booleans of shape (n,), or None for all
    modality: int = 0  #: number of the modality
    whitening: Whitening | None = None  #: the map from its features, if known

    def take(self, spots: np.ndarray) -> Block:
        """The block of some of the spots."""
        present = None if self.present is None else self.present[spots]
        return replace(self, values=self.values[spots], present=present)

    @cached_property
    def size(self) -> float:
        """Number of spots that have the modality."""
        return float(len(self.values) if self.present is None else np.count_nonzero(self.present))

    @cached_property
    def total(self) -> np.ndarray:
        """Covariance (r, r) of all spots."""
        return self.covariance(self.values)

    def covariance(self, left: np.ndarray) -> np.ndarray:
        """Covariance (r, r) of rows (n, r) that are zero where a spot lacks the modality."""

        def products(rows: slice) -> np.ndarray:
            own = left[rows].astype(np.float64, copy=False)
            return own.T @ own

        return sum(in_blocks(products, len(left))) / max(self.size, 1) + _RIDGE * np.eye(left.shape[1])

    def there(self, rows: np.ndarray) -> np.ndarray:
        """Rows (n, r), zero where a spot lacks the modality."""
        return rows if self.present is None else rows * self.present[:, None]

    def sizes(self, assignment: np.ndarray) -> np.ndarray:
        """Spots of each domain that have the modality, shape (K,), from an assignment (n, K)."""
        return np.einsum("nk->k", assignment) if self.present is None else self.present @ assignment

    def means(self, assignment: np.ndarray) -> np.ndarray:
        """Means (K, r) of the domains, from their assignment (n, K)."""
        return (assignment.T @ self.values) / np.maximum(self.sizes(assignment), 1e-12)[:, None]


@dataclass(frozen=True)
class Components:
    """Components of a tissue, one block for each modality that has any, its spatial graph, and the settings of the search."""

    blocks: tuple[Block, ...]
    graph: Graph
    settings: DomainSettings = DEFAULTS

    @property
    def n_spots(self) -> int:
        """Number of spots n."""
        return self.graph.n_spots

    @property
    def weights(self) -> np.ndarray:
        """Weight of each block."""
        return np.array([block.weight for block in self.blocks])

    @property
    def has(self) -> np.ndarray:
        """Which spots have the modality of each block, booleans of shape (n, B)."""
        there = (True if block.present is None else block.present for block in self.blocks)
        return np.column_stack([np.broadcast_to(own, self.n_spots) for own in there])

    def take(self, spots: np.ndarray) -> Components:
        """The components of some of the spots."""
        return replace(self, blocks=tuple(block.take(spots) for block in self.blocks), graph=self.graph.take(spots))

    def having(self, blocks: Sequence[Block]) -> Components:
        """The same spots with other blocks."""
        return replace(self, blocks=tuple(blocks))

    def smoothed(self, block: Block, hops: Sequence[int], rows: np.ndarray | None = None) -> list[np.ndarray]:
        """Components of a modality averaged over the spots that have it, (n, r) for each number of hops; other rows are zero.

        Of some ``rows``, integers, or of all for None.
        """
        wanted = slice(None) if rows is None else rows
        return [values[wanted] for values in self.smoothing(block, hops)]

    def smoothing(self, block: Block, hops: Sequence[int]) -> Iterator[np.ndarray]:
        """The same of all rows, one number of hops after another."""
        if block.present is None:
            yield from self.graph.averaged(block.values, hops)
            return
        spots = np.flatnonzero(block.present)
        for values in self.graph.take(spots).averaged(block.values[spots], hops):
            whole = np.zeros(block.values.shape, values.dtype)
            whole[spots] = values
            yield whole

    def with_surroundings(self, hops: Sequence[int]) -> Components:
        r"""Components of each spot next to the means of its surroundings, (n, r * len(hops)):

        .. math:: [S^{h_1} x_i, \; S^{h_2} x_i, \; \dots], \qquad S = (D + I)^{-1} (A + I).

        In real tissue a spot resembles its surroundings far beyond what its domain explains: cells of one type lie together, and
        tissue changes gradually. A Markov random field takes spots for independent given their domains, and counts such evidence
        many times over. Where this is so, the surroundings count as part of a spot.
        """
        if tuple(hops) == (0,):
            return self
        return self.having([replace(b, values=np.hstack(self.smoothed(b, hops))) for b in self.blocks])

    def joined(self) -> np.ndarray:
        """Weighted components of all modalities side by side, (n, r); missing rows are filled from their neighbours."""
        return np.hstack([np.sqrt(b.weight) * self.graph.fill(b.values, b.present) for b in self.blocks])


def masks(present: np.ndarray | None, n_modalities: int) -> list[np.ndarray | None]:
    """Which spots have each modality, booleans of shape (n,) or None for all, from ``present`` (n, M) or None."""
    if present is None:
        return [None] * n_modalities
    return [None if own.all() else own for own in present.T]


def components_of(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    weights: Sequence[float | None] | None = None,
    present: np.ndarray | None = None,
    settings: DomainSettings = DEFAULTS,
) -> Components:
    """Noise-whitened components of each modality that has any and a weight above 0 (None is 1).

    ``features`` are (n, d_m) for each modality, ``present`` (n, M) or None. Rows of spots that lack a modality are not read.
    """
    graph, blocks = Graph(adjacency), []
    for m, (values, own) in enumerate(zip(features, masks(present, len(features)), strict=True)):
        given = None if weights is None else weights[m]
        weight = 1.0 if given is None else float(given)
        if weight <= 0 or (own is not None and not own.any()):
            continue
        if own is None:
            whitening, components = noise_whitening(values, graph, settings)
        else:
            spots = np.flatnonzero(own)
            whitening, there = noise_whitening(values[spots], graph.take(spots), settings)
            components = np.zeros((len(own), there.shape[1]), there.dtype)
            components[spots] = there
        if components.shape[1]:
            blocks.append(Block(components, weight, own, m, whitening))
    return Components(tuple(blocks), graph, settings)
