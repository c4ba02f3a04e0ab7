"""A model applied to the arrays of new tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from spamca.cluster.refine import refine
from spamca.cluster.result import Clustering
from spamca.graph import normalize
from spamca.guide.follow import follow
from spamca.guide.information import shares
from spamca.nn import Tissue
from spamca.nn.sparse import Adjacency
from spamca.train import blocks_of, embed, threads

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
        Domains and posterior, numbered as in the model; those that are new come last.
    novelty
        How far each spot is from what the training has seen, float64 of shape (n,): the larger of its distance from the nearest
        domain (:meth:`spamca.guide.emissions.Emissions.novelty`) and of what it shares with its neighbours beyond the features
        (:func:`spamca.features.unexplained`), each in units of the 99 % quantile of the training. NaN where nothing tells.
    n_new
        Number of domains that the model does not know.
    moved
        How far each domain of the model has moved (:meth:`spamca.guide.emissions.Emissions.moved`); None where they did not follow.
    shares
        Share of each modality in what is told of the domain of a spot, (n, M); None where domains are read from the embedding.
    """

    latents: Latents
    clustering: Clustering
    novelty: np.ndarray
    n_new: int = 0
    moved: np.ndarray | None = None
    shares: np.ndarray | None = None


def apply(
    model: Model,
    features: Sequence[np.ndarray],
    connectivities: csr_matrix,
    feature_graphs: Sequence[csr_matrix],
    present: np.ndarray | None,
    unexplained: np.ndarray,
    *,
    adapt: bool = True,
) -> Applied:
    """Embed new tissue and find its domains; parameters and statistics are those of the training.

    Domains that were found in the features follow the new tissue (:func:`spamca.guide.follow.follow`); others are read from the embedding.

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
    adapt
        Whether domains may follow the new tissue.
    """
    emissions, novelty = model.emissions, np.fmax.reduce(unexplained, axis=1)
    tissue = _tissue(model, features, connectivities, feature_graphs, present)
    with threads(tissue.n_spots):
        latents = _encoded(model, tissue)
    if emissions is not None:
        blocks = emissions.blocks(features, present, connectivities)
        novelty = np.fmax(novelty, emissions.novelty(blocks))
    if model.readout is not None:
        posterior = model.readout.posterior(latents.fused.numpy())
        clustering = Clustering(posterior.argmax(axis=1), posterior)
        clustering = refine(clustering, connectivities) if model.header["refine"] else clustering
        return Applied(latents, clustering, novelty)
    known = emissions.domains(blocks, connectivities)
    found, moved = known, None
    if adapt:
        found = follow(emissions, blocks, connectivities, known)
        moved = emissions.moved(blocks, found)
    told = shares(blocks, connectivities, found, len(features))
    return Applied(
        latents, Clustering(found.argmax(axis=1), found), novelty, found.shape[1] - known.shape[1], moved, told
    )


def _tissue(
    model: Model,
    features: Sequence[np.ndarray],
    spatial: csr_matrix,
    feature_graphs: Sequence[csr_matrix],
    present: np.ndarray | None,
) -> Tissue:
    scale = [modality["scale"] for modality in model.header["modalities"]]
    return Tissue(
        # in double precision, as in training
        features=tuple(
            torch.from_numpy((values / np.float64(s)).astype(np.float32))
            for values, s in zip(features, scale, strict=True)
        ),
        spatial=Adjacency.from_scipy(normalize(spatial)),
        feature_graphs=tuple(Adjacency.from_scipy(normalize(graph)) for graph in feature_graphs),
        present=None if present is None else torch.from_numpy(present),
    )


def _encoded(model: Model, tissue: Tissue) -> Latents:
    return embed(model.network, tissue, blocks_of(tissue.spatial))
