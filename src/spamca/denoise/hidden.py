"""What the network makes of spots whose features of one modality it does not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.sparse import diags

from spamca.graph import normalize
from spamca.nn.batch import look
from spamca.nn.sparse import Adjacency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix
    from torch import Tensor

    from spamca.nn import SpaMCA, Tissue
    from spamca.nn.masking import Masks

FOLDS = 5
"""Parts of the spots that are hidden in turn: as many are hidden at a time as in training."""

LEAST_SHOWN = 0.05
"""Share of the surroundings that counts as seen where less is."""


@dataclass(frozen=True)
class Seen:
    """A tissue with some spots hidden in a modality, as the encoder takes it.

    Parameters
    ----------
    tissue
        The tissue without them.
    masks
        The hidden spots.
    """

    tissue: Tissue
    masks: Masks


def hide(tissue: Tissue, modality: int, spots: np.ndarray, links: csr_matrix | None = None) -> Seen:
    """Hide spots in a modality, just as if they had not been measured in it.

    They have no features, no neighbours among the spots alike in the modality, and the modality gets no attention: but for
    spots that have no other one.

    Parameters
    ----------
    tissue
        The tissue.
    modality
        Position of the modality.
    spots
        Booleans (n_spots,).
    links
        The modality's feature graph before it was normalised, (n_spots, n_spots); None where the network has no feature view.
    """
    hidden = torch.from_numpy(spots)
    nothing = torch.zeros_like(hidden)
    masks = [(hidden, hidden) if m == modality else (nothing, nothing) for m in range(len(tissue.features))]
    if not spots.any():
        return Seen(tissue, masks)
    graphs = list(tissue.feature_graphs)
    if links is not None:
        shown = diags((~spots).astype(links.dtype))
        graphs[modality] = Adjacency.from_scipy(normalize((shown @ links @ shown).tocsr()))
    present = tissue.present
    if present is None:
        present = torch.ones(tissue.n_spots, len(tissue.features), dtype=torch.bool)
    present = present.clone()
    others = present.sum(dim=1) - present[:, modality].long()
    present[hidden & (others > 0), modality] = False
    return Seen(replace(tissue, feature_graphs=tuple(graphs), present=present), masks)


@torch.no_grad()
def around(network: SpaMCA, seen: Seen, modality: int, blocks: Sequence[Tensor] | None = None) -> np.ndarray:
    r"""What the latents tell of the other modalities, :math:`Z W_{dec}`, and features of the modality itself around a spot, by scale.

    The hop over the spatial graph that the decoder takes in training is left out: it blurs what a latent tells of its own spot.
    Surroundings at scale s are means over the spots that are seen, :math:`\hat A^s (1 - h) X / (1 - \hat A^s h)`. A network without a
    spatial view tells of the modality itself what the latents do.

    Parameters
    ----------
    network
        The network, in evaluation mode.
    seen
        What it sees.
    modality
        Position of the modality.
    blocks
        Spots encoded together; None encodes all at once.

    Returns
    -------
    Float32 of shape (n_spots, n_predictors).
    """
    tissue, settings, out = seen.tissue, network.settings, None
    scales = settings.spatial_scales if "spatial" in settings.views else ()
    for spots in [None] if blocks is None else blocks:
        batch = look(tissue, settings, spots, seen.masks)
        if not network.fusion.takes_missing:
            batch = replace(batch, present=None)
        fused = network.encode(batch).fused
        parts = [fused @ weight for m, weight in enumerate(network.decoder.weights) if m != modality or not scales]
        if scales:
            views = batch.seen[modality]["spatial"].values.unflatten(1, (len(scales), -1))
            shown = (1 - views[:, :, -1:]).clamp(min=LEAST_SHOWN)
            parts += [(views[:, s, :-1] / shown[:, s]) for s, scale in enumerate(scales) if scale]
        found = torch.cat(parts, dim=1)
        out = torch.empty(tissue.n_spots, found.shape[1]) if out is None else out
        out[slice(None) if spots is None else spots] = found
    return out.numpy()


def foreseen(
    network: SpaMCA,
    tissue: Tissue,
    modality: int,
    links: csr_matrix | None = None,
    *,
    blocks: Sequence[Tensor] | None = None,
    random_state: int = 0,
) -> np.ndarray:
    """:func:`around` of each spot while it is hidden in a modality: nothing in it depends on what was measured there.

    Parameters
    ----------
    network
        The network, in evaluation mode, on the CPU.
    tissue
        The tissue that it was trained on, on the CPU.
    modality
        Position of the modality.
    links
        Its feature graph before it was normalised; None where the network has no feature view.
    blocks
        Spots encoded together; None encodes all at once.
    random_state
        Seed of which spots are hidden together.

    Returns
    -------
    Float32 of shape (n_spots, n_predictors).
    """
    n, has = tissue.n_spots, tissue.has(modality)
    has = np.ones(n, dtype=bool) if has is None else has.numpy()
    # Those that lack the modality are hidden as it is.
    out = (
        None if has.all() else around(network, hide(tissue, modality, np.zeros(n, dtype=bool), links), modality, blocks)
    )
    fold = np.where(has, np.random.default_rng(random_state).permutation(n) % FOLDS, -1)
    for number in range(FOLDS):
        hidden = fold == number
        if not hidden.any():
            continue
        found = around(network, hide(tissue, modality, hidden, links), modality, blocks)
        out = np.zeros_like(found) if out is None else out
        out[hidden] = found[hidden]
    return out
