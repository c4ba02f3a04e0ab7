"""The partition that many starts agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.consensus import consensus
from spamca.guide.filling import fill
from spamca.guide.halves import halves
from spamca.guide.proposals import N_GROUPS, SCALES, carried, proposals
from spamca.guide.smoothing import average
from spamca.guide.surroundings import NOISE, with_surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
    return next(replicates(blocks, adjacency, n_domains, rng))


def replicates(
    blocks: Sequence[Block], adjacency: csr_matrix, n_domains: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Partition that all starts agree on, and those that the starts of each group agree on, which saw a half of the spots.

    What differs between the latter is what half the data leave open, which is about what all of them do (bootstrap by halves,
    Buja and Stuetzle 2006).

    Parameters
    ----------
    blocks, adjacency, n_domains, rng
        As of :func:`agreed`.

    Yields
    ------
    One partition and :data:`~spamca.guide.proposals.N_GROUPS` more, each float32 of shape (n, K); one entry of each row is one.
    """
    seen, found = proposals(blocks, adjacency, n_domains, rng, n_groups=N_GROUPS)
    each, member, n = len(found) // N_GROUPS, np.eye(n_domains, dtype=np.float32), adjacency.shape[0]
    # Of few enough spots all were seen, and nothing has to be carried.
    spread = blocks if len(seen) == n else with_surroundings(blocks, adjacency, SCALES)
    for part in (found, *(found[begin : begin + each] for begin in range(0, len(found), each))):
        partition = member[consensus(part, n_domains)]
        yield member[carried(spread, seen, partition, noise=NOISE).argmax(axis=1)]


def joined(blocks: Sequence[Block], adjacency: csr_matrix) -> np.ndarray:
    """Components of all modalities side by side, (n, r); rows that lack a modality are filled from their neighbours."""
    return np.hstack([np.sqrt(b.weight) * fill(b.values, b.present, adjacency) for b in blocks])


def halving(components: np.ndarray, adjacency: csr_matrix) -> Callable[[np.ndarray], np.ndarray]:
    """How a domain is split: by its components (n, r), smoothed twice. From positions of spots to booleans."""
    step = average(adjacency)
    smooth = step @ (step @ components)
    return lambda spots: halves(smooth[spots])
