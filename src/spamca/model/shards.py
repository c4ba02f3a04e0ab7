"""Domains of a tissue that is spread over processes, found in a sample of all shards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import block_diag

from spamca import _edge, domains
from spamca.cluster import Clustering
from spamca.domains import DomainSettings
from spamca.domains.across import LEAST_PATCH
from spamca.domains.find import even_shares, noise_of
from spamca.domains.graph import Graph
from spamca.graph import spatial_graph
from spamca.model.fit import fit_tissue
from spamca.model.network import for_network, trained_of
from spamca.model.parts import emissions_of, settings_of, spare_of
from spamca.nn import Latents
from spamca.nn.distributed import by_itself
from spamca.tissue import Tissue, position_of
from spamca.train import blocks_of, embed, threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spamca._group import Group
    from spamca.nn import Settings
    from spamca.tissue import Results


@dataclass(frozen=True)
class Place:
    """Where spots lie: coordinates (n, 2) or (n, 3), section of each if named (n,), and options of :func:`spamca.graph.spatial_graph`."""

    coords: np.ndarray
    library: np.ndarray | None
    options: dict[str, Any]


def fit_shards(
    group: Group,
    tissue: Tissue,
    place: Place | None,
    settings: Settings,
    *given: Any,
    random_state: int,
    **options: Any,
) -> Results:
    """:func:`~spamca.model.fit.fit_tissue` for a shard of a tissue.

    The first process searches, and trains, on patches of all shards. Each process applies what was found to its own spots. Where there
    are few enough spots, the sample holds them all, with neighbours of other shards where ``place`` is known, and the results are those
    of one process that holds the shards one after the other.
    """
    if group.size == 1:
        return fit_tissue(tissue, settings, *given, random_state=random_state, **options)
    wanted, whole = group.share(tissue.n_spots)
    spots, sections = np.arange(tissue.n_spots), tissue.sections
    if not whole:
        rng = np.random.default_rng([random_state, group.rank])
        sections = np.zeros(tissue.n_spots, dtype=np.int64) if sections is None else sections
        spots = Graph(tissue.graph).patches_by_section(sections, wanted, rng, least=LEAST_PATCH, most=wanted)
    sizes = group.gather((tissue.n_spots, len(spots)))

    def found_in(parts: list[tuple[Tissue, Place | None]]) -> Results:
        sample = joined([part for part, _ in parts])
        places = [one for _, one in parts if one is not None]
        if whole and len(places) == len(parts):
            sample = replace(sample, **_laid(places))
        sample = sample.having(sample.features, random_state) if sample.searches else sample
        with by_itself():
            results = fit_tissue(sample, settings, *given, random_state=random_state, **options)
        results = _with_spare(results, sample)
        return results if whole else replace(results, domains=None, weights=None, latents=None, corrected=None)

    which = np.zeros(tissue.n_spots, dtype=bool)
    which[spots] = True
    found = group.first((replace(tissue.take(which), searches=tissue.searches), place if whole else None), found_in)
    begin = sum(size for size, _ in sizes[: group.rank])
    own = slice(begin, begin + tissue.n_spots)
    results = _own(found, own) if whole else _by_size(applied(found, tissue, random_state), group)
    totals = zip(("n_spots", "n_sampled"), np.sum(sizes, axis=0).tolist(), strict=True)
    return replace(results, record={**results.record, "shards": {"n_processes": group.size, **dict(totals)}})


def joined(parts: Sequence[Tissue]) -> Tissue:
    """Parts of a tissue (:meth:`~spamca.tissue.Tissue.take`) side by side, without positions and feature graphs."""
    first, has = parts[0], np.concatenate([part.has for part in parts])
    features = [np.concatenate(several) for several in zip(*(part.features for part in parts), strict=True)]
    sections = None if first.sections is None else np.concatenate([part.sections for part in parts])
    graph = block_diag([part.graph for part in parts], format="csr")
    rows = tuple(_edge.places(own) for own in has.T)
    return Tissue(first.names, rows, tuple(features), graph, (), first.searches, sections)


def _laid(places: Sequence[Place]) -> dict[str, Any]:
    """The spatial graph of all spots, with edges between tiles of one section, and their position, as a tissue has them."""
    known = [one.library for one in places if one.library is not None]
    coords, library = np.concatenate([one.coords for one in places]), np.concatenate(known) if known else None
    graph = spatial_graph(coords, library=library, **places[0].options).connectivities
    sections = None if library is None else np.unique(library, return_inverse=True)[1]
    return {"graph": graph, "position": position_of(coords, sections)}


def applied(found: Results, tissue: Tissue, random_state: int) -> Results:
    """What was found in a sample, for all spots of a shard, whose domains do not adapt."""
    corrected, seen = None, tissue
    if found.effects is not None and tissue.sections is not None:
        corrected = domains.without_batch_effects(tissue.features, found.effects, tissue.sections, tissue.has)
        seen = tissue.having(corrected, random_state)
    clustering, weights = _domains_of(found.record, seen) if "cluster" in found.record else (None, None)
    trained = trained_of(found.record)
    with threads(tissue.n_spots):
        given = for_network(seen, trained.scale)
        latents = embed(trained.network, given, blocks_of(given.spatial, tissue.position))
    weights = latents.modality_weights.numpy() if weights is None else weights
    return replace(found, domains=clustering, weights=weights, latents=latents, corrected=corrected)


def _domains_of(record: Mapping[str, Any], tissue: Tissue) -> tuple[Clustering, np.ndarray]:
    """Domains of all spots and the share of each modality in them, (n, M)."""
    even, n_domains = even_shares(tissue.present, len(tissue.names), tissue.n_spots), record["cluster"]["n_found"]
    if "field" not in record:  # neighbours share nothing
        blank = np.full((tissue.n_spots, n_domains), 1 / n_domains, dtype=np.float32)
        return Clustering(blank.argmax(axis=1), blank), even
    search = settings_of(DomainSettings, record["params"])
    emissions = emissions_of(record["field"], search)
    components = emissions.components(tissue.features, tissue.present, tissue.graph)
    assignment = emissions.domains(components)
    said = domains.shares(components, assignment, len(tissue.names), noise=noise_of(search, emissions.hops))
    said = np.where(said.sum(axis=1, keepdims=True) > 0, said, even)
    return Clustering(assignment.argmax(axis=1), assignment), said


def _by_size(found: Results, group: Group) -> Results:
    """The same with domains numbered by their falling size in all shards."""
    if found.domains is None:
        return found
    labels, posterior, record = found.domains.labels, found.domains.posterior, found.record
    sizes = group.gather(np.bincount(labels, minlength=posterior.shape[1]))
    order = np.argsort(-np.sum(sizes, axis=0), kind="stable")
    if "field" in record:
        of_domains, field = ("means", "covariances", "sizes"), record["field"]
        blocks = {
            m: {**block, **{name: block[name][order] for name in of_domains}} for m, block in field["blocks"].items()
        }
        record = {**record, "field": {**field, "blocks": blocks}}
    return replace(found, record=record, domains=Clustering(np.argsort(order)[labels], posterior[:, order]))


def _with_spare(found: Results, sample: Tissue) -> Results:
    """The same with what a split of a domain would have gained, which a model would measure in one shard; a mixture is not split."""
    if found.domains is None or "field" not in found.record:
        return found
    stored, spare, search = found.record["field"], 0.0, settings_of(DomainSettings, found.record["params"])
    if stored["coherence"]:
        seen = sample if found.corrected is None else replace(sample, features=tuple(found.corrected))
        spare = spare_of(stored, search, seen, found.domains.posterior)
    return replace(found, record={**found.record, "field": {**stored, "spare": spare}})


def _own(found: Results, spots: slice) -> Results:
    """Results of some of the spots."""
    clustering, latents, corrected = found.domains, found.latents, found.corrected
    if clustering is not None:
        clustering = Clustering(clustering.labels[spots], clustering.posterior[spots])
    if latents is not None:
        each = [[values[spots] for values in several] for several in (latents.modalities, latents.view_weights)]
        latents = Latents(each[0], latents.fused[spots], each[1], latents.modality_weights[spots])
    return replace(
        found,
        domains=clustering,
        latents=latents,
        weights=None if found.weights is None else found.weights[spots],
        corrected=None if corrected is None else [values[spots] for values in corrected],
    )
