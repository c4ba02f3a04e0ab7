"""The guide of several sections: one set of domains, whatever batch effects the sections have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.guide.constellation import matched
from spamca.guide.field import Field
from spamca.guide.patches import N_PATCHES, patches
from spamca.guide.proposals import carried
from spamca.guide.regroup import regroup
from spamca.guide.searched import agreed, halving, joined
from spamca.guide.sectioned import Sectioned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

FEWEST = 10
"""Spots for each domain that a section needs to be read alone."""

LONG, SHORT = 60, 10
"""Steps of the field where the search ends, and where what it found is carried to all of a large tissue."""

LEAST_PATCH = 100
"""Spots of a patch of a section; there are fewer patches where there are many sections."""


def across_sections(
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    sections: np.ndarray,
    *,
    n_searched: int,
    rng: np.random.Generator,
) -> tuple[Sectioned, np.ndarray]:
    """Find domains of several sections.

    Four kinds of starts compete: the sections as they are, which is right where there is no batch effect; with the mean of
    each section taken off, which is right where all hold the same shares of the domains; the domains of the section that tells most,
    carried to the others; and each section read alone, laid over the others by the domains that they may share (:func:`~spamca.guide.constellation.matched`). From each, domains and shifts
    are estimated in turn (:class:`~spamca.guide.sectioned.Sectioned`); in the best of them domains of single sections are
    regrouped (:func:`~spamca.guide.regroup.regroup`).

    Parameters
    ----------
    blocks
        Components of the modalities, at least one.
    adjacency
        Spatial graph, symmetric, sparse of shape (n, n), without edges between sections.
    n_domains
        Number of domains K, at least 2.
    sections
        Section of each spot, integers below S of shape (n,).
    n_searched
        Spots that the search sees; of larger tissue, those of patches drawn from every section.
    rng
        Source of samples and starts.

    Returns
    -------
    The field of the sections with their effects, and an assignment (n, K), float32.
    """
    if len(sections) <= n_searched:
        return _searched(blocks, adjacency, n_domains, sections, rng)
    spots = _sample(adjacency, sections, n_searched, rng)
    part, found = _searched(
        [block.take(spots) for block in blocks], adjacency[spots][:, spots], n_domains, sections[spots], rng
    )
    whole = Sectioned(blocks, adjacency, sections)
    whole.correct(part.effects)
    return whole, whole.settle(whole.field.spread(found, spots), SHORT, n_rounds=2)


def _searched(
    blocks: Sequence[Block],
    adjacency: csr_matrix,
    n_domains: int,
    sections: np.ndarray,
    rng: np.random.Generator,
) -> tuple[Sectioned, np.ndarray]:
    sectioned, best = Sectioned(blocks, adjacency, sections), None
    for start in _starts(sectioned, n_domains, rng):
        found = sectioned.settle(start, LONG)
        score = sectioned.score(found.argmax(axis=1), n_domains)
        if best is None or score > best[0]:
            best = score, found, sectioned.effects
    _, found, effects = best
    sectioned.correct(effects)
    found = regroup(sectioned, found, halving(joined(sectioned.field.blocks, adjacency), adjacency))
    return sectioned, sectioned.settle(found, LONG)


def _starts(sectioned: Sectioned, n_domains: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Assignments (n, K) to start from."""
    adjacency, sections = sectioned.adjacency, sectioned.sections
    level = sectioned.estimated(np.ones((len(sections), 1)))
    sectioned.correct([replace(effect, shifts=np.zeros_like(effect.shifts)) for effect in level])
    scaled = sectioned.field.blocks
    yield sectioned.field.relax(agreed(scaled, adjacency, n_domains, rng), LONG)
    sectioned.correct(level)
    centred = sectioned.field.blocks
    yield sectioned.field.relax(agreed(centred, adjacency, n_domains, rng), LONG)
    alone, best = np.zeros(len(sections), dtype=np.int64), None
    for section in range(int(sections.max()) + 1):
        spots = np.flatnonzero(sections == section)
        own = [block.take(spots) for block in centred]
        own = [block for block in own if block.size > 0]
        if len(spots) < FEWEST * n_domains or not own:
            continue
        graph = adjacency[spots][:, spots]
        found = agreed(own, graph, n_domains, rng)
        alone[spots] = Field(own, graph).relax(found, LONG, own_covariance=True).argmax(axis=1)
        held = sum(block.size for block in own) / len(spots), len(spots)
        if best is None or held > best[0]:
            best = held, spots
    member = np.eye(n_domains, dtype=np.float32)
    if best is not None:  # the section that tells most, and what its domains look like in the others
        yield carried(centred, best[1], member[alone[best[1]]])
    yield from (member[partition] for partition in matched(scaled, sections, alone, n_domains))


def _sample(adjacency: csr_matrix, sections: np.ndarray, n_searched: int, rng: np.random.Generator) -> np.ndarray:
    """Patches from every section, by its size: rising positions."""
    out = []
    for section in np.unique(sections):
        spots = np.flatnonzero(sections == section)
        wanted = min(len(spots), max(1, round(n_searched * len(spots) / len(sections))))
        part = adjacency[spots][:, spots]
        n_patches = int(np.clip(wanted // LEAST_PATCH, 1, N_PATCHES))
        out.append(spots if wanted == len(spots) else spots[patches(part, wanted, rng, n_patches=n_patches)])
    return np.sort(np.concatenate(out))
