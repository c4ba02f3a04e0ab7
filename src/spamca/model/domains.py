"""Domains of a tissue, their number, and what they look like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import domains
from spamca._logging import logger
from spamca.cluster import Clustering
from spamca.domains import DEFAULTS, Emissions, components_of
from spamca.model.parts import stored_emissions
from spamca.tissue import Results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spamca._progress import Progress
    from spamca.domains import Domains, DomainSettings, Hierarchy, NumberOfDomains
    from spamca.tissue import Tissue

FIELD = "field"  # name, in records, of the method that finds domains in the features


def find_domains(
    tissue: Tissue,
    n_domains: int,
    trust: Mapping[str, float] | None,
    settings: DomainSettings = DEFAULTS,
    *,
    random_state: int,
) -> Domains:
    """Domains from features and spatial graph; ``trust`` holds weights of modalities by name, those of others are measured."""
    given = _given(tissue, trust, settings)
    found = domains.find_domains(n_domains=n_domains, random_state=random_state, **given)
    if found.record.get("continuity", 0.0) > settings.gradient:
        logger.warning(
            "domains: the data show no separate domains: neighbouring ones pass into each other without a gap (continuity %.2f), "
            "so that their number and borders are a matter of choice",
            found.record["continuity"],
        )
    return found


def find_number(
    tissue: Tissue,
    between: tuple[int, int],
    trust: Mapping[str, float] | None,
    settings: DomainSettings = DEFAULTS,
    *,
    random_state: int,
    caller: str,
    progress: Progress | None = None,
) -> NumberOfDomains:
    """Number of domains between a smallest and a largest one, logged in the name of the caller."""

    def each(number: int) -> None:
        if progress is not None:
            progress.step()
            progress.begin(f"trying {number} domains")

    numbers = range(between[0], min(between[1], tissue.n_spots) + 1)
    given = _given(tissue, trust, settings)
    found = domains.number_of_domains(numbers=numbers, random_state=random_state, each=each, **given)
    if not found.gain.any():
        nothing = "neighbours share nothing in any modality; the number of domains is the least"
        logger.warning(f"%s: {nothing}, %d", caller, found.n_domains)
        return found
    plausible = ", ".join(map(str, found.plausible))
    log_edge(caller, found.n_domains, numbers, tissue.n_spots)
    estimated = "estimated %d domains between %d and %d; plausible: %s"
    logger.info(f"%s: {estimated}", caller, found.n_domains, found.tried[0], found.tried[-1], plausible)
    return found


def log_edge(caller: str, n_domains: int, tried: Sequence[int], n_spots: int) -> None:
    """Warn where the estimated number is the first or the last that was tried and others are possible."""
    first, last, least, most = tried[0], tried[-1], 2, n_spots
    if n_domains == last and last < most:
        side, other = "largest", (first, min(2 * last, most))
    elif n_domains == first and first > least:
        side, other = "smallest", (least, last)
    else:
        return
    edge = "the estimated number of domains, %d, is the %s that was tried, and there may be %s; try n_clusters_range=(%d, %d)"
    logger.warning(f"%s: {edge}", caller, n_domains, side, "more" if side == "largest" else "fewer", *other)


def stored_number(
    found: NumberOfDomains, between: Sequence[int], trust: Mapping[str, float] | None, random_state: int
) -> dict[str, Any]:
    """The estimated number of domains and its criteria as files keep them, with the arguments."""
    params = {"n_clusters_range": [int(n) for n in between], "random_state": random_state}
    params |= {} if trust is None else {"modality_trust": dict(trust)}
    criteria = ("plausible", "tried", "gain", "evidence", "error", "stability", "coherence")
    return {"n_clusters": found.n_domains, **{name: getattr(found, name) for name in criteria}, "params": params}


def find_tree(
    tissue: Tissue,
    first: np.ndarray,
    between: tuple[int, int],
    trust: Mapping[str, float] | None,
    settings: DomainSettings = DEFAULTS,
    *,
    random_state: int,
) -> Hierarchy:
    """Tree of domains through the partition ``first`` (n,); ValueError if there is nothing to find domains by."""
    given = _given(tissue, trust, settings)
    found = domains.find_hierarchy(first=first, between=between, random_state=random_state, **given)
    if found is None:
        msg = "neighbours share nothing in any modality, so there is no hierarchy of domains; look at features and spatial graph"
        raise ValueError(msg)
    if found.numbers[-1] < between[1]:
        ends = "no search divides a domain further than into %d, so the tree ends there"
        logger.info(f"hierarchy: {ends}", found.numbers[-1])
    return found


def default_range(n_spots: int) -> tuple[int, int]:
    """Numbers of domains that are tried by default: 2 to 15, in small tissue to one for each 60 spots."""
    return 2, int(np.clip(n_spots // 60, 2, 15))


def estimate_emissions(
    tissue: Tissue, found: Domains | None, settings: DomainSettings, corrected: Tissue | None = None
) -> Emissions | None:
    """What domains look like, in features without batch effects where there are such; the whole tissue where none were sought.

    None where neighbours share nothing in any modality.
    """
    hops: tuple[int, ...] = (0,)
    if found is None or found.components is None:
        components = components_of(tissue.features, tissue.graph, present=tissue.present, settings=settings)
        assignment = np.ones((tissue.n_spots, 1), dtype=np.float32)
    else:
        components, hops, assignment = found.components, found.hops, found.assignment
        if corrected is not None:
            blocks = []
            for block in components.blocks:
                assert block.whitening is not None
                values = block.whitening.components(corrected.features[block.modality])
                blocks.append(replace(block, values=block.there(values)))
            components = components.having(blocks)
    return Emissions.estimate(components, assignment, hops=hops) if components.blocks else None


def results_of(
    found: Domains, emissions: Emissions | None, names: Sequence[str], *, n_clusters: int, **origin: Any
) -> Results:
    """Domains and what they look like as results; ``origin`` holds where their number is from, and the seed."""
    of_modality = {"weights": found.weights, "inflation": found.inflation}
    record = {name: dict(zip(names, values.tolist(), strict=True)) for name, values in of_modality.items()}
    cluster = {"method": FIELD, "n_clusters": int(n_clusters), "refine": False, **origin}
    cluster["n_found"] = found.assignment.shape[1]
    domains_record = {**found.record, **record, "hops": list(found.hops)}
    field = {} if emissions is None else {"field": stored_emissions(emissions)}
    clustering = Clustering(found.assignment.argmax(axis=1), found.assignment)
    return Results(names, {**field, "domains": domains_record, "cluster": cluster}, clustering, weights=found.shares)


def _given(tissue: Tissue, trust: Mapping[str, float] | None, settings: DomainSettings) -> dict[str, Any]:
    arrays = {"features": tissue.features, "adjacency": tissue.graph, "present": tissue.present}
    weights = [(trust or {}).get(name) for name in tissue.names]
    return {**arrays, "weights": weights, "sections": tissue.sections, "settings": settings}
