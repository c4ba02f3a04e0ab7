"""A model applied to new tissue, and a network to the tissue that it was trained on."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _edge, domains
from spamca._colors import spare_colors
from spamca.cluster import Clustering, refine
from spamca.denoise import Restored, held_out, restore
from spamca.model.file import digest
from spamca.model.network import for_network
from spamca.model.parts import stored_settings, versions
from spamca.nn import VIEWS
from spamca.tissue import Results, summed
from spamca.train import blocks_of, embed, threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spamca.model.model import Model
    from spamca.model.network import Trained
    from spamca.tissue import Tissue


def apply(
    model: Model, tissue: Tissue, unexplained: np.ndarray, *, adapt: bool = True, random_state: int = 0
) -> Results:
    """Embed new tissue and find its domains; parameters and statistics are those of the training.

    Domains that were found in the features follow the new tissue (:func:`spamca.domains.follow`) with ``adapt``; others are read from
    the embedding. They are numbered as in the model, new ones last. ``unexplained`` is what neighbours share beyond the features, float64
    (n, M). ``novelty`` is the larger of it and of the distance from the nearest domain (:meth:`spamca.domains.Emissions.novelty`). Both
    are in units of the ``novelty_quantile`` of the training, NaN where not known.
    """
    emissions, novelty, readout = model.emissions, np.fmax.reduce(unexplained, axis=1), model.readout
    with threads(tissue.n_spots):
        given = for_network(tissue, [modality["scale"] for modality in model.header["modalities"]])
        latents = embed(model.network, given, blocks_of(given.spatial))
    weights, n_new, moved = latents.modality_weights.numpy(), 0, None
    if readout is not None:
        posterior = readout.posterior(latents.fused.numpy())
        clustering = Clustering(posterior.argmax(axis=1), posterior)
        clustering = refine(clustering, tissue.graph) if model.header["refine"] else clustering
    if emissions is not None:
        components = emissions.components(tissue.features, tissue.present, tissue.graph)
        novelty = np.fmax(novelty, emissions.novelty(components))
        if readout is None:
            found = known = emissions.domains(components)
            if adapt:
                found = domains.follow(emissions, components, known)
                moved = emissions.moved(components, found)
            clustering, n_new = Clustering(found.argmax(axis=1), found), found.shape[1] - known.shape[1]
            weights = domains.shares(components, found, len(tissue.names))
    clustering = _in_domains(clustering, model.members)
    names, colors = _with_new(model, n_new)
    cluster = {"method": model.header["method"], "n_clusters": len(names), "n_clusters_from": "model"}
    cluster |= {"n_found": len(np.unique(clustering.labels)), "refine": model.header["refine"]}
    return Results(
        tissue.names,
        {
            "params": {"n_clusters": len(names), **stored_settings(model.settings, model.domain_settings)},
            "transform": _summary(model, novelty, n_new, moved),
            "random_state": random_state,
            "versions": versions(),
            "cluster": cluster,
        },
        clustering,
        names,
        colors,
        weights,
        latents,
        [view for view in VIEWS if view in model.settings.views],
        novelty=novelty,
    )


def _in_domains(found: Clustering, members: np.ndarray) -> Clustering:
    """Domains that the parts (K,) of a model, and then new ones, are: of each spot that of its part, and sums of the posterior."""
    k, n_domains = len(members), int(members.max()) + 1
    n_new = found.posterior.shape[1] - k
    if n_domains == k and (members == np.arange(k)).all():
        return found
    of = np.concatenate([members, n_domains + np.arange(n_new)])
    return Clustering(of[found.labels], summed(found.posterior, of, n_domains + n_new))


def _with_new(model: Model, n_new: int) -> tuple[list[str], list[str]]:
    """Names and colours of the domains of a model and of new ones."""
    names, colors = model.domains, model.colors
    free = (f"new {number}" for number in count(1) if f"new {number}" not in names)
    return names + list(islice(free, n_new)), colors + spare_colors(n_new, colors)


def _summary(model: Model, novelty: np.ndarray, n_new: int, moved: np.ndarray | None) -> dict[str, Any]:
    summary: dict[str, Any] = {"n_spots_trained": model.header["n_spots"], "sha256": digest(model.header, model.arrays)}
    summary["n_new_domains"] = n_new
    if moved is not None:
        members, far = model.members, np.full(len(model.domains), np.nan)
        np.fmax.at(far, members, moved[: len(members)])  # of a merged domain the part that has moved furthest
        by_domain = zip(_edge.storable(model.domains), far, strict=True)
        summary["moved"] = {name: float(value) for name, value in by_domain if not np.isnan(value)}
    known = novelty[~np.isnan(novelty)]
    if len(known):
        summary |= {"share_beyond": float((known > 1).mean()), "median_novelty": float(np.median(known))}
    return summary


def denoise_tissue(
    tissue: Tissue, trained: Trained, names: Iterable[str], signal: Sequence[np.ndarray], *, random_state: int
) -> Mapping[str, Restored]:
    """Components of the named modalities in all spots, without noise.

    ``signal`` holds the share of signal in each component of each modality of the tissue; the seed is that of which spots are hidden
    together.
    """
    n, given, found = tissue.n_spots, for_network(tissue, trained.scale), {}
    blocks = blocks_of(given.spatial, tissue.position)
    for name in names:
        m = tissue.names.index(name)
        links = tissue.feature_graphs[m] if tissue.feature_graphs else None
        with threads(n if blocks is None else len(blocks[0])):
            seen = held_out(trained.network, given, m, links, blocks=blocks, random_state=random_state)
        others = [
            np.ascontiguousarray((values * w)[:, w > 0]) for values, w in zip(tissue.features, signal, strict=True)
        ]
        del others[m]
        found[name] = restore(tissue.features[m], tissue.has[:, m], [seen, *others], signal[m])
    return found
