"""The partition that many starts agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.consensus import consensus
from spamca.guide.filling import fill
from spamca.guide.halves import halves
from spamca.guide.proposals import SCALES, carried, proposals
from spamca.guide.smoothing import average
from spamca.guide.surroundings import NOISE, with_surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block


def agreed(blocks: Sequence[Block], adjacency: csr_matrix, n_domains: int, rng: np.random.Generator) -> np.ndarray:
    """Partition that mixtures from many starts at several scales agree on.

    Parameters
    ----------
    blocks
        Components of the modalities.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K, at least 2.
    rng
        Source of samples and starts.

    Returns
    -------
    Float32 of shape (n, K), one entry of each row is one.
    """
    seen, found = proposals(blocks, adjacency, n_domains, rng)
    member = np.eye(n_domains, dtype=np.float32)
    partition = member[consensus(found, n_domains)]
    n = adjacency.shape[0]
    if len(seen) == n:
        return carried(blocks, seen, partition)
    return member[carried(with_surroundings(blocks, adjacency, SCALES), seen, partition, noise=NOISE).argmax(axis=1)]


def joined(blocks: Sequence[Block], adjacency: csr_matrix) -> np.ndarray:
    """Components of all modalities side by side, (n, r); rows that lack a modality are filled from their neighbours."""
    return np.hstack([np.sqrt(b.weight) * fill(b.values, b.present, adjacency) for b in blocks])


def halving(components: np.ndarray, adjacency: csr_matrix) -> Callable[[np.ndarray], np.ndarray]:
    """How a domain is split: by its components (n, r), smoothed twice. From positions of spots to booleans."""
    step = average(adjacency)
    smooth = step @ (step @ components)
    return lambda spots: halves(smooth[spots])
