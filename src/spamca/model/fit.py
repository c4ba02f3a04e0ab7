"""Domains of a tissue, and a network trained on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import domains
from spamca._logging import logger
from spamca.domains import DEFAULTS
from spamca.model.domains import default_range, estimate_emissions, find_domains, find_number, results_of, stored_number
from spamca.model.network import for_network, weights_of
from spamca.model.parts import stored_emissions, stored_settings, versions
from spamca.nn import VIEWS
from spamca.tissue import Results
from spamca.train import fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spamca._progress import Progress
    from spamca.domains import DomainSettings
    from spamca.nn import Settings
    from spamca.tissue import Tissue
    from spamca.train.fit import Fit

PROTOTYPES = 10  # clusters of the network's head, unless preset="paper" is given a number


def fit_tissue(
    tissue: Tissue,
    settings: Settings,
    n_clusters: int | None,
    search: DomainSettings = DEFAULTS,
    *,
    between: tuple[int, int] | None = None,
    progress: Progress | None = None,
    finds_domains: bool,
    trust: Mapping[str, float] | None,
    random_state: int,
    **training: Any,
) -> Results:
    """Find the domains of a tissue, estimating their number where it is None, and train a network on it.

    ``between`` are the smallest and the largest number to try, ``search`` holds the settings of the search for domains, ``trust`` weights of modalities by name; the other arguments are those of
    :func:`spamca.train.fit`. The record has no ``graphs`` and ``unexplained`` yet.
    """
    names, seed, n_head = tissue.names, {"random_state": random_state}, PROTOTYPES
    n_domains, origin, found, corrected, weights, effects = n_clusters, "argument", None, None, None, None
    estimate: dict[str, Any] | None = None
    if finds_domains:
        if n_domains is None:
            tried = default_range(tissue.n_spots) if between is None else between
            number = find_number(tissue, tried, trust, search, caller="integrate", progress=progress, **seed)
            n_domains, origin = number.n_domains, "estimate"
            estimate = stored_number(number, tried, trust, random_state)
        if progress is not None:
            progress.step()
            progress.begin(f"{n_domains} domains")
        found = find_domains(tissue, n_domains, trust, search, **seed)
        if tissue.sections is not None:
            given = tissue.features, tissue.graph, found.assignment, tissue.sections, tissue.has
            effects = domains.batch_effects(*given)
            features = domains.without_batch_effects(tissue.features, effects, tissue.sections, tissue.has)
            corrected = tissue.having(features, random_state)
        if settings.fusion == "sum" and found.weights.any():
            weights = np.sqrt(found.weights).tolist()
    elif n_domains is None:
        logger.info("integrate: n_clusters not given, training the cluster head with %d", PROTOTYPES)
    else:
        n_head = n_domains
    emissions = estimate_emissions(tissue, found, search, corrected)
    if found is not None:
        found = replace(found, components=None)  # as large as the features
    seen = tissue if corrected is None else corrected
    scale = seen.root_mean_squares() if settings.scale_features else [1.0] * len(names)
    if progress is not None:
        progress.step()
        progress.begin("embedding")
        if settings.n_steps if settings.max_epochs is None else settings.max_epochs:
            progress.close()  # the training has a bar of its own
    n_head, training = min(n_head, tissue.n_spots), {"position": tissue.position, **seed, **training}
    fitted = fit(for_network(seen, scale), n_head, settings, trust=weights, **training)
    latents = fitted.latents
    if found is None or n_domains is None:
        field = {} if emissions is None else {"field": stored_emissions(emissions)}
        results = Results(names, field, weights=latents.modality_weights.numpy())
    else:
        results = results_of(found, emissions, names, n_clusters=n_domains, n_clusters_from=origin, **seed)
    params = {"n_clusters": n_domains, "n_clusters_given": n_clusters is not None, "n_threads": fitted.n_threads}
    params |= stored_settings(fitted.network.settings, search)
    params |= {} if corrected is None else {"batch_correction": True}
    return replace(
        results,
        record={
            "params": params,
            **_of_network(fitted, names, scale),
            **results.record,
            **seed,
            "versions": versions(),
        },
        estimate=estimate,
        latents=latents,
        views=[view for view in VIEWS if view in fitted.network.settings.views],
        corrected=None if corrected is None else corrected.features,
        effects=effects,
    )


def _of_network(fitted: Fit, names: Sequence[str], scale: Sequence[float]) -> dict[str, Any]:
    """Entries of the record about the network: its training, modalities with the divisors of their features, and weights."""
    return {
        "history": {name: losses.numpy() for name, losses in fitted.history.items()},
        "modalities": list(names),
        "scale": dict(zip(names, scale, strict=True)),
        "network": weights_of(fitted.network),
    }
