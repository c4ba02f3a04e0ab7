"""A model applied to the arrays of new tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from spamca.cluster.refine import refine
from spamca.cluster.result import Clustering
from spamca.graph import normalize, weigh_by_agreement
from spamca.guide.follow import follow
from spamca.nn import Tissue
from spamca.nn.prototypes import prototypes
from spamca.nn.sparse import Adjacency
from spamca.train.batches import SPOTS, WHOLE
from spamca.train.embed import domains, drawn, encoded
from spamca.train.threads import threads
from spamca.train.tiles import tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix
    from torch import Tensor

    from spamca.model.model import Model
    from spamca.nn import Latents


CONTRADICTED = 0.1
"""Share of spots for which network and guide may name different domains before the network is no longer trusted: in tissue of the
training it is a few hundredths, and where the network reads features as it never saw them, a quarter or more."""


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
    contradicted
        Share of spots for which network and guide name different domains; None where there is no guide to follow.
    moved
        How far each domain of the model has moved (:meth:`spamca.guide.emissions.Emissions.moved`), likewise.
    """

    latents: Latents
    clustering: Clustering
    novelty: np.ndarray
    n_new: int = 0
    contradicted: float | None = None
    moved: np.ndarray | None = None


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
    """Embed new tissue and read its domains; parameters, statistics and prototypes are those of the training.

    Where the guide led the training, its domains follow the new tissue (:func:`spamca.guide.follow.follow`). They take the place of
    those of the network where some are new, or the network contradicts them in more than :data:`CONTRADICTED` of the spots.

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
    emissions, settings = model.emissions, model.settings
    novelty, known, followed = np.fmax.reduce(unexplained, axis=1), None, None
    if emissions is not None:
        blocks = emissions.blocks(features, present)
        novelty = np.fmax(novelty, emissions.novelty(blocks))
        known = emissions.domains(blocks, connectivities) if settings.guided else None
        if adapt and settings.led and settings.prototype_share:
            followed = follow(emissions, blocks, connectivities, known)
    n_new = 0 if followed is None else followed.shape[1] - known.shape[1]
    weighed = connectivities
    if known is not None and settings.domain_graph:
        weighed = weigh_by_agreement(connectivities, followed if n_new else known)
    tissue = _tissue(model, features, weighed, feature_graphs, present, known if settings.led else None)
    with threads(tissue.n_spots):
        latents, assignment = _encoded(model, tissue)
    centres, readout, contradicted, moved = None, model.readout, None, None
    if settings.prototype_share:
        centres = torch.from_numpy(model.arrays["prototypes"])
    if followed is not None:
        moved = emissions.moved(blocks, followed)
        contradicted = float((assignment.numpy().argmax(axis=1) != known.argmax(axis=1)).mean())
        if n_new or contradicted > CONTRADICTED:
            old, new = (torch.from_numpy(part) for part in np.hsplit(followed, [known.shape[1]]))
            assignment = torch.cat([_numbered(model, old), new], dim=1)
            centres = torch.cat([centres, prototypes(latents.fused, new)])
    latents = drawn(latents, settings, assignment, centres)
    if n_new:
        readout = readout.beside(latents.fused.numpy(), followed[:, -n_new:])
    posterior = readout.posterior(latents.fused.numpy())
    clustering = Clustering(posterior.argmax(axis=1), posterior)
    clustering = refine(clustering, connectivities) if model.header["refine"] else clustering
    return Applied(latents, clustering, novelty, n_new, contradicted, moved)


def _tissue(
    model: Model,
    features: Sequence[np.ndarray],
    spatial: csr_matrix,
    feature_graphs: Sequence[csr_matrix],
    present: np.ndarray | None,
    guide: np.ndarray | None,
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
        guide=None if guide is None else _numbered(model, torch.from_numpy(guide)),
    )


def _encoded(model: Model, tissue: Tissue) -> tuple[Latents, Tensor | None]:
    """Latents of the encoder, and the domains that they are drawn to, if they are."""
    n = tissue.n_spots
    parts = None if n <= WHOLE else tiles(tissue.spatial, -(-n // SPOTS))
    latents = encoded(model.network, tissue, parts)
    return latents, domains(model.network, tissue, latents) if model.settings.prototype_share else None


def _numbered(model: Model, assignment: Tensor) -> Tensor:
    """Domains of the guide beside those of the network that it gave no spot, which are numbered last."""
    return torch.nn.functional.pad(assignment, (0, model.header["n_clusters"] - assignment.shape[1]))
