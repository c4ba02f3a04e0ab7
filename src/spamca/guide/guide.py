"""Domains that guide the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spamca._logging import logger
from spamca.guide.across import across_sections
from spamca.guide.blocks import masks, whitened_blocks
from spamca.guide.field import Field
from spamca.guide.patches import patches
from spamca.guide.searched import LONG, SHORT, searched
from spamca.guide.threads import fitting_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

SEARCHED = 10_000
"""Spots that the search sees; of larger tissue, those of patches drawn from it."""


@dataclass(frozen=True)
class Guide:
    """Soft domains and what speaks for them.

    Parameters
    ----------
    assignment
        Probability of each domain, float32 of shape (n, K), rows summing to one.
    record
        Of these domains, with one covariance for all: ``log_likelihood`` (what the domains gain over one Gaussian, in nats
        per spot), ``foretold`` (the same where the domain of a spot is foretold from its neighbours), ``coherence`` (share of
        edges within domains), ``objective``, and ``n_parameters`` of the means and shares; with several sections
        ``batch_effect`` (root mean square of their shifts, in units of noise). Empty where the features show nothing that
        neighbours share.
    blocks
        Components that the domains were found in, one block a modality that shows any.
    """

    assignment: np.ndarray
    record: dict[str, float] = field(default_factory=dict)
    blocks: tuple[Block, ...] = field(default=(), repr=False)


def guide(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    n_domains: int,
    *,
    weights: Sequence[float] | None = None,
    present: np.ndarray | None = None,
    sections: np.ndarray | None = None,
    random_state: int = 0,
) -> Guide:
    """Find domains by a hidden Markov random field, from many starts.

    The components of each modality that neighbours share (:func:`~spamca.guide.noise_whitened`) are the emissions of a
    :class:`~spamca.guide.field.Field`; of the partitions that it relaxes to, the one of highest objective is taken, and relaxed
    once more with a covariance of its own for each domain. Cost is linear in the number of spots: of large tissue the search
    sees patches, and the field then relaxes over all of it.

    Parameters
    ----------
    features
        Features of each modality, (n, d_m); rows of spots that lack it are not read.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n).
    n_domains
        Number of domains K, at most n.
    weights
        How far each modality is trusted: what its likelihood is raised to. None trusts all alike.
    present
        Booleans (n, M), or None where every spot has every modality.
    sections
        Section of each spot, integers of shape (n,), where batch effects of sections are to be told from domains
        (:func:`~spamca.guide.across.across_sections`); the graph has no edges between sections. None, or all alike: there are none.
    random_state
        Seed of samples and starts.

    Returns
    -------
    The domains.
    """
    with fitting_threads(adjacency.shape[0]):
        return _guide(features, adjacency, n_domains, weights, present, sections, random_state)


def _guide(
    features: Sequence[np.ndarray],
    adjacency: csr_matrix,
    n_domains: int,
    weights: Sequence[float] | None,
    present: np.ndarray | None,
    sections: np.ndarray | None,
    random_state: int,
) -> Guide:
    weights = [1.0] * len(features) if weights is None else list(weights)
    has = masks(present, len(features))
    blocks = whitened_blocks(features, adjacency, weights, has)
    n = adjacency.shape[0]
    if n_domains >= 2 and not blocks:
        logger.warning(
            "guide: neighbours share nothing in any modality; the network trains without domains that lead it"
        )
    if n_domains < 2 or not blocks:
        return Guide(np.full((n, n_domains), 1 / n_domains, dtype=np.float32), blocks=tuple(blocks))
    rng = np.random.default_rng(random_state)
    batch = {}
    if sections is not None and len(np.unique(sections)) > 1:
        given = (blocks, features, adjacency, n_domains, weights, has, np.unique(sections, return_inverse=True)[1])
        sectioned, found = across_sections(*given, n_searched=SEARCHED, rng=rng)
        whole, batch = sectioned.field, {"batch_effect": sectioned.batch_effect()}
    elif n <= SEARCHED:
        whole, found = searched(blocks, features, adjacency, n_domains, weights, has, rng)
        found = whole.relax(found, LONG, own_covariance=True)
    else:
        spots = patches(adjacency, SEARCHED, rng)
        field, found = searched(
            [block.take(spots) for block in blocks],
            [values[spots] for values in features],
            adjacency[spots][:, spots],
            n_domains,
            weights,
            [None if own is None else own[spots] for own in has],
            rng,
        )
        found = field.relax(found, LONG, own_covariance=True)
        whole = Field(blocks, adjacency)
        found = whole.relax(whole.spread(found, spots), SHORT, own_covariance=True)
    found = _numbered(found)
    partition = found.argmax(axis=1)
    if (n_found := len(np.unique(partition))) < n_domains:
        logger.info("guide: only %d of %d domains hold spots", n_found, n_domains)
    n_parameters = n_domains - 1 + n_domains * sum(block.weight * block.values.shape[1] for block in blocks)
    record = {**whole.parts(partition, n_domains), "n_parameters": float(n_parameters), **batch}
    return Guide(found, record, tuple(blocks))


def _numbered(assignment: np.ndarray) -> np.ndarray:
    """Number the domains by falling size: which start led to them, and rounding, leave no trace."""
    own, first, size = np.unique(assignment.argmax(axis=1), return_index=True, return_counts=True)
    empty = np.setdiff1d(np.arange(assignment.shape[1]), own)
    return assignment[:, np.concatenate([own[np.lexsort((first, -size))], empty])]
