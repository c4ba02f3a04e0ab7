"""One set of domains for several sections that have batch effects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca.domains.field import LONG, SHORT, Field
from spamca.domains.halves import halving
from spamca.domains.matching import matched
from spamca.domains.proposals import agreed, carried
from spamca.domains.regroup import regroup
from spamca.domains.sectioned import Sectioned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.domains.components import Components

FEWEST = 10
"""Fewest spots for each domain of a section that is searched alone."""

LEAST_PATCH = 100
"""Fewest spots of a patch; sections of few spots have fewer patches. Larger ones miss small domains, and surroundings gain little."""


def section_numbers(sections: np.ndarray | None) -> np.ndarray | None:
    """Section of each spot as integers below S, from labels (n,) of any kind; None where there is none or one."""
    if sections is None:
        return None
    names, numbers = np.unique(sections, return_inverse=True)
    return numbers if len(names) > 1 else None


def across_sections(
    components: Components, n_domains: int, sections: np.ndarray, rng: np.random.Generator
) -> tuple[Sectioned, np.ndarray]:
    """Find domains of several sections.

    Four kinds of starts compete: the sections as they are, which is right if there is no batch effect; with the mean of each section
    removed, right if all hold the same shares of the domains; the domains of the section with most modalities and spots, carried to
    the others; and the domains of each section alone, matched by those that they may share (:func:`~spamca.domains.matching.matched`).
    From each, domains and effects are estimated in turn (:class:`~spamca.domains.sectioned.Sectioned`). In the best of them, domains
    of single sections are regrouped (:func:`~spamca.domains.regroup.regroup`). Of large tissue, patches of every section are searched.

    ``sections`` holds integers below S, (n,); the graph has no edges between sections, and K is at least 2. Returns the field of the
    sections with their effects, and an assignment (n, K), float32.
    """
    if len(sections) <= components.settings.n_searched:
        return _searched(components, n_domains, sections, rng)
    spots = components.graph.patches_by_section(sections, components.settings.n_searched, rng, least=LEAST_PATCH)
    part, found = _searched(components.take(spots), n_domains, sections[spots], rng)
    whole = Sectioned(components, sections)
    whole.correct(part.effects)
    return whole, whole.settle(whole.field.spread(found, spots), SHORT, n_rounds=2)


def _searched(
    components: Components, n_domains: int, sections: np.ndarray, rng: np.random.Generator
) -> tuple[Sectioned, np.ndarray]:
    sectioned, tried = Sectioned(components, sections), []
    for start in _starts(sectioned, n_domains, rng):
        found = sectioned.settle(start, LONG)
        tried.append((sectioned.score(found.argmax(axis=1), n_domains), found, sectioned.effects))
    _, found, effects = max(tried, key=lambda one: one[0])
    sectioned.correct(effects)
    found = regroup(sectioned, found, halving(sectioned.field.components))
    return sectioned, sectioned.settle(found, LONG)


def _starts(sectioned: Sectioned, n_domains: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Assignments (n, K) to start from."""
    sections = sectioned.sections
    level = sectioned.estimated(np.ones((len(sections), 1)))
    sectioned.correct([replace(effect, shifts=np.zeros_like(effect.shifts)) for effect in level])
    scaled = sectioned.field.components
    yield sectioned.field.relax(agreed(scaled, n_domains, rng), LONG)
    sectioned.correct(level)
    centred = sectioned.field.components
    yield sectioned.field.relax(agreed(centred, n_domains, rng), LONG)
    alone, best = np.zeros(len(sections), dtype=np.int64), None
    for section in range(int(sections.max()) + 1):
        spots = np.flatnonzero(sections == section)
        own = centred.take(spots)
        own = own.having([block for block in own.blocks if block.size > 0])
        if len(spots) < FEWEST * n_domains or not own.blocks:
            continue
        alone[spots] = Field(own).relax_own(agreed(own, n_domains, rng), LONG).argmax(axis=1)
        held = sum(block.size for block in own.blocks) / len(spots), len(spots)
        if best is None or held > best[0]:
            best = held, spots
    member = np.eye(n_domains, dtype=np.float32)
    if best is not None:
        yield carried(centred, best[1], member[alone[best[1]]])
    yield from (member[partition] for partition in matched(scaled.blocks, sections, alone, n_domains))
