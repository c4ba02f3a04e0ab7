"""A model applied to the arrays of new tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from spamca.cluster.refine import refine
from spamca.cluster.result import Clustering
from spamca.graph import normalize, weigh_by_agreement
from spamca.nn import Tissue
from spamca.nn.sparse import Adjacency
from spamca.train.batches import SPOTS, WHOLE
from spamca.train.embed import embed
from spamca.train.threads import threads
from spamca.train.tiles import tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from spamca.model.model import Model
    from spamca.nn import Latents


@dataclass(frozen=True)
class Applied:
    """What a model finds in new tissue.

    Parameters
    ----------
    latents
        Latents of all spots.
    clustering
        Domains and posterior, numbered as in the model.
    novelty
        How far each spot is from what the training has seen, float64 of shape (n,): the larger of its distance from the nearest
        domain (:meth:`spamca.guide.emissions.Emissions.novelty`) and of what it shares with its neighbours beyond the features
        (:func:`spamca.features.unexplained`), each in units of the 99 % quantile of the training. NaN where nothing tells.
    """

    latents: Latents
    clustering: Clustering
    novelty: np.ndarray


def apply(
    model: Model,
    features: Sequence[np.ndarray],
    connectivities: csr_matrix,
    feature_graphs: Sequence[csr_matrix],
    present: np.ndarray | None,
    unexplained: np.ndarray,
) -> Applied:
    """Embed new tissue and read its domains; parameters, statistics and prototypes are those of the training.

    Parameters
    ----------
    model
        The model.
    features
        Features of each modality as the model prepares them, float32 of shape (n, d_m), rows of spots that lack it zero.
    connectivities
        Spatial graph, symmetric, sparse of shape (n, n).
    feature_graphs
        Feature graph of each modality, likewise; spots that lack it have no edges.
    present
        Booleans (n, M), or None where every spot has every modality.
    unexplained
        What neighbours share beyond the features, in units of what is usual, float64 of shape (n, M); NaN where that is not known.
    """
    n, emissions, settings = len(features[0]), model.emissions, model.settings
    novelty, weighed, guide = np.fmax.reduce(unexplained, axis=1), connectivities, None
    if emissions is not None:
        blocks = emissions.blocks(features, present)
        novelty = np.fmax(novelty, emissions.novelty(blocks))
        domains = emissions.domains(blocks, connectivities) if settings.guided else None
        if settings.domain_graph:
            weighed = weigh_by_agreement(connectivities, domains)
        if settings.led:
            empty = model.header["n_clusters"] - domains.shape[1]  # numbered last
            guide = torch.from_numpy(np.pad(domains, ((0, 0), (0, empty))))
    scale = [modality["scale"] for modality in model.header["modalities"]]
    tissue = Tissue(
        # in double precision, as in training
        features=tuple(
            torch.from_numpy((values / np.float64(s)).astype(np.float32))
            for values, s in zip(features, scale, strict=True)
        ),
        spatial=Adjacency.from_scipy(normalize(weighed)),
        feature_graphs=tuple(Adjacency.from_scipy(normalize(graph)) for graph in feature_graphs),
        present=None if present is None else torch.from_numpy(present),
        guide=guide,
    )
    centres = torch.from_numpy(model.arrays["prototypes"]) if settings.prototype_share else None
    with threads(n):
        parts = None if n <= WHOLE else tiles(tissue.spatial, -(-n // SPOTS))
        latents = embed(model.network, tissue, parts, centres=centres)
    posterior = model.readout.posterior(latents.fused.numpy())
    clustering = Clustering(posterior.argmax(axis=1), posterior)
    return Applied(latents, refine(clustering, connectivities) if model.header["refine"] else clustering, novelty)
