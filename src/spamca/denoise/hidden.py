"""What the network predicts of spots whose features of one modality it does not see."""

from __future__ import annotations

from dataclasses import replace
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

    from spamca.nn import Inputs, SpaMCA
    from spamca.nn.batch import Masks

FOLDS = 5
"""Parts of the spots that are hidden in turn, as many at a time as in training. More hide fewer and take longer."""

LEAST_SHOWN = 0.05
"""Smallest share of the surroundings that means are divided by. More draws means of few visible spots to zero."""


def hide(tissue: Inputs, modality: int, spots: np.ndarray, links: csr_matrix | None = None) -> tuple[Inputs, Masks]:
    """The tissue as if spots, booleans (n_spots,), had not been measured in a modality, and what masks hide in it.

    The spots have no features, no neighbours among the spots alike in the modality, and the modality gets no attention
    except in spots that have no other one. ``links`` is the modality's feature graph before it was normalised; None for
    networks without a feature view.
    """
    hidden = torch.from_numpy(spots)
    nothing = torch.zeros_like(hidden)
    masks = [(hidden, hidden) if m == modality else (nothing, nothing) for m in range(len(tissue.features))]
    if not spots.any():
        return tissue, masks
    graphs = list(tissue.feature_graphs)
    if links is not None:
        shown = diags((~spots).astype(links.dtype))
        graphs[modality] = Adjacency.from_scipy(normalize((shown @ links @ shown).tocsr()))
    everywhere = torch.ones(tissue.n_spots, len(tissue.features), dtype=torch.bool)
    present = everywhere if tissue.present is None else tissue.present.clone()
    others = present.sum(dim=1) - present[:, modality].long()
    present[hidden & (others > 0), modality] = False
    return replace(tissue, feature_graphs=tuple(graphs), present=present), masks


@torch.no_grad()
def around(
    network: SpaMCA, tissue: Inputs, masks: Masks, modality: int, blocks: Sequence[Tensor] | None = None
) -> np.ndarray:
    r"""What the latents predict of the other modalities, :math:`Z W_{dec}`, and the modality around a spot, by scale.

    The hop over the spatial graph that the decoder takes in training is left out: it blurs what a latent predicts of its
    own spot. Surroundings at scale s are means over the spots that are seen,
    :math:`\hat A^s (1 - h) X / (1 - \hat A^s h)`. In a network without a spatial view the latents stand for the
    modality itself too.

    The network is in evaluation mode and sees what :func:`hide` gives; spots are encoded in blocks, or all at once. The
    result is float32 of shape (n_spots, n_predictors).
    """
    settings, out = network.settings, torch.empty(0)
    scales = settings.spatial_scales if "spatial" in settings.views else ()
    for spots in [None] if blocks is None else blocks:
        batch = look(tissue, settings, spots, masks)
        if settings.fusion == "concatenation":  # it knows no missing modality
            batch = replace(batch, present=None)
        fused = network.encode(batch).fused
        parts = [fused @ weight for m, weight in enumerate(network.decoder.weights) if m != modality or not scales]
        if scales:
            views = batch.seen[modality]["spatial"].unflatten(1, (len(scales), -1))
            shown = (1 - views[:, :, -1:]).clamp(min=LEAST_SHOWN)
            parts += [(views[:, s, :-1] / shown[:, s]) for s, scale in enumerate(scales) if scale]
        found = torch.cat(parts, dim=1)
        out = out if len(out) else torch.empty(tissue.n_spots, found.shape[1])
        out[slice(None) if spots is None else spots] = found
    return out.numpy()


def held_out(
    network: SpaMCA,
    tissue: Inputs,
    modality: int,
    links: csr_matrix | None = None,
    *,
    blocks: Sequence[Tensor] | None = None,
    random_state: int = 0,
) -> np.ndarray:
    """:func:`around` of each spot while it is hidden in a modality: nothing in it depends on what was measured there.

    Parameters
    ----------
    network, tissue
        The network, in evaluation mode, and the tissue that it was trained on, both on the CPU.
    modality, links, blocks
        As in :func:`hide` and :func:`around`, as is the result.
    random_state
        Seed of which spots are hidden together.
    """
    n, measured = tissue.n_spots, tissue.has(modality)
    has = np.ones(n, dtype=bool) if measured is None else measured.numpy()
    fold = np.where(has, np.random.default_rng(random_state).permutation(n) % FOLDS, -1)
    out = np.empty(0, dtype=np.float32)
    for number in np.unique(fold):
        # Those that lack the modality, fold -1, are hidden already.
        hidden = fold == number
        found = around(network, *hide(tissue, modality, hidden & has, links), modality, blocks)
        out = out if len(out) else np.zeros_like(found)
        out[hidden] = found[hidden]
    return out
