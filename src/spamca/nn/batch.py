"""What the network sees: a tissue as tensors, and in each step some spots, their surroundings, what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import torch

from spamca.nn.sparse import at, hops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from spamca.nn.settings import Settings
    from spamca.nn.sparse import Adjacency

    Masks = list[tuple[Tensor, Tensor]]
    """Hidden spots, by modality and view, each booleans (n_spots,)."""


@dataclass
class Inputs:
    """A tissue as tensors: features and graphs of all spots. Lightning moves its fields between devices.

    Graphs are normalised and symmetric, (n_spots, n_spots). In a feature graph a spot that lacks the modality has only
    its self-loop.
    """

    features: tuple[Tensor, ...]  #: one tensor (n_spots, n_features) per modality; rows of spots that lack it are zero
    spatial: Adjacency
    feature_graphs: tuple[Adjacency, ...] = ()  #: one per modality; empty for networks without a feature view
    present: Tensor | None = None  #: booleans (n_spots, n_modalities), or None where every spot has every modality

    @property
    def n_spots(self) -> int:
        """Number of spots."""
        return self.features[0].shape[0]

    @property
    def n_features(self) -> list[int]:
        """Number of features of each modality."""
        return [features.shape[1] for features in self.features]

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.features[0].device

    @cached_property
    def present_on_cpu(self) -> Tensor | None:
        """Which spots have which modality, on the CPU, where batches are drawn; copied there once."""
        return None if self.present is None else self.present.cpu()

    def has(self, modality: int) -> Tensor | None:
        """Which spots have a modality, booleans (n_spots,), or None for all."""
        return None if self.present is None else self.present[:, modality]


@dataclass
class Pair:
    """Spots in which two modalities are contrasted."""

    both: Tensor | None  #: which spots have both, booleans (n_spots,), or None for all
    drawn: Tensor  #: positions of those drawn for the contrast, integers (n_own,)
    slots: Tensor  #: their places among all that were drawn, integers (n_own,): other processes hold the rest
    n_drawn: int  #: how many were drawn in all


@dataclass
class Batch:
    """Spots of one step; Lightning moves its fields between devices.

    Rows are the spots of the batch, and after them the neighbours that the decoder needs. Encoding is exact for both:
    what a row sees of the tissue is in its surroundings.
    """

    n_spots: int  #: number of spots, without those neighbours
    seen: tuple[dict[str, Tensor], ...]  #: for each modality the :func:`surroundings` of all rows, by view
    present: Tensor | None = None  #: booleans (n_rows, n_modalities), or None where every spot has every modality
    spatial: Adjacency | None = None  #: normalised spatial graph between the rows, for the decoder
    scored: tuple[Tensor | None, ...] = ()  #: for each modality the positions of the spots to restore, or None for all
    targets: tuple[Tensor, ...] = ()  #: for each modality the features of those, (n_scored, n_features)
    pairs: tuple[Pair, ...] = ()  #: for each two modalities, in the order of combinations, the spots of their contrast


@torch.no_grad()
def surroundings(
    graph: Adjacency, x: Tensor, hidden: Tensor | None = None, scales: Sequence[int] = (1,), n_first: int | None = None
) -> Tensor:
    r"""Features x, (n_columns, n_features), carried over a graph by some numbers of hops, for the first spots or all.

    With hidden spots :math:`h \in \{0, 1\}^N`, booleans (n_columns,), whose features are replaced by a token t that is
    learned,

    .. math:: \hat A^s \tilde X = \hat A^s \operatorname{diag}(1 - h) X + (\hat A^s h)\, t^\top,

    so that both products are computed once, without gradient, and in the narrower of the two spaces where features are
    few. The result has the first product of each scale, followed by :math:`\hat A^s h` where spots may be hidden, side
    by side: (n_first, n_scales * n_features) or (n_first, n_scales * (n_features + 1)).
    """
    if hidden is not None:
        x = torch.cat([x.masked_fill(hidden[:, None], 0), hidden[:, None].to(x.dtype)], dim=1)
    reached = {scale: values[:n_first] for scale, values in hops(graph, x, scales)}
    return torch.cat([reached[scale] for scale in scales], dim=1)


def draw_masks(tissue: Inputs, settings: Settings, generator: torch.Generator) -> Masks:
    """Draw which fraction of the spots is hidden, for each modality, or for each modality and view as published.

    It is rounded down to whole spots. The generator is on the CPU, so that every device draws the same masks.
    """

    def drawn() -> Tensor:
        mask = torch.zeros(tissue.n_spots, dtype=torch.bool)
        order = torch.randperm(tissue.n_spots, generator=generator)
        mask[order[: int(tissue.n_spots * settings.mask_rate)]] = True
        return mask

    masks = []
    for _ in tissue.features:
        spatial = drawn()
        masks.append((spatial, drawn() if settings.independent_masks else spatial))
    return masks


def look(tissue: Inputs, settings: Settings, spots: Tensor | None = None, masks: Masks | None = None) -> Batch:
    """What is seen from some spots, integers (n_rows,), none twice, or from all, to encode them.

    Masks are of the whole tissue; spots that lack a modality are hidden in it as well. The batch asks for nothing, and
    has all of its rows as its spots.
    """
    n = tissue.n_spots if spots is None else len(spots)
    near, around = None, tissue.spatial
    if "spatial" in settings.views and spots is not None:
        near = tissue.spatial.reached(spots, max(settings.spatial_scales))
        around = tissue.spatial.within(near)
    seen = []
    for m, features in enumerate(tissue.features):
        views = {}
        if "spatial" in settings.views:
            hidden = at(_hidden(tissue, masks, m, 0), near)
            views["spatial"] = surroundings(around, at(features, near), hidden, settings.spatial_scales, n)
        if "feature" in settings.views:
            graph = tissue.feature_graphs[m]
            graph, needed = (graph, None) if spots is None else graph.rows(spots)
            views["feature"] = surroundings(graph, at(features, needed), at(_hidden(tissue, masks, m, 1), needed))
        seen.append(views)
    return Batch(n, tuple(seen), at(tissue.present, spots))


def draw(
    tissue: Inputs,
    settings: Settings,
    masks: Masks,
    generator: torch.Generator,
    spots: Tensor | None = None,
    own: Tensor | None = None,
) -> Batch:
    """A batch to train on, of some spots, integers (n_batch,), in all processes, or of the whole tissue.

    ``own`` says which of them are of this process, booleans (n_batch,), or None for all. Masks are of the whole tissue,
    and the generator draws the contrasted spots. All but the tissue is on the CPU.
    """
    device, n_modalities = tissue.device, len(tissue.features)
    mine = spots if own is None or spots is None else spots[own]
    core = None if mine is None else mine.to(device)
    rows = None if core is None else tissue.spatial.reached(core, 1)
    seen = look(tissue, settings, rows, [(spatial.to(device), feature.to(device)) for spatial, feature in masks])
    # What is asked is worked out on the CPU, where the masks are: no step waits for the device to count them.
    present = tissue.present_on_cpu
    scored = [_scored(masks, present, m, settings.mask_rate, mine) for m in range(n_modalities)]
    scored = [None if positions is None else positions.to(device) for positions in scored]
    n = tissue.n_spots if spots is None else len(spots)
    return replace(
        seen,
        n_spots=tissue.n_spots if mine is None else len(mine),
        spatial=tissue.spatial if rows is None else tissue.spatial.within(rows),
        scored=tuple(scored),
        targets=tuple(at(at(x, core), positions) for x, positions in zip(tissue.features, scored, strict=True)),
        pairs=tuple(_pairs(n_modalities, n, at(present, spots), own, settings.n_contrasted, generator, device)),
    )


def _scored(masks: Masks, present: Tensor | None, modality: int, rate: float, spots: Tensor | None) -> Tensor | None:
    """Positions of the spots to restore: those hidden, or all where none is."""
    asked = masks[modality][0] if rate > 0 else None
    if present is not None:
        has = present[:, modality]
        asked = has if asked is None else asked & has
    return None if asked is None else at(asked, spots).nonzero().squeeze(1)


def _pairs(
    n_modalities: int,
    n: int,
    present: Tensor | None,
    own: Tensor | None,
    n_drawn: int,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[Pair]:
    order = torch.randperm(n, generator=generator)
    own = torch.ones(n, dtype=torch.bool) if own is None else own
    position = own.long().cumsum(0) - 1  # of a spot among those of this process
    for a, b in combinations(range(n_modalities), 2):
        both = None if present is None else present[:, a] & present[:, b]
        chosen = (order if both is None else order[both[order]])[:n_drawn]
        slots = own[chosen].nonzero().squeeze(1)
        drawn = position[chosen[slots]].to(device)
        yield Pair(None if both is None else both[own].to(device), drawn, slots.to(device), len(chosen))


def _hidden(tissue: Inputs, masks: Masks | None, modality: int, view: int) -> Tensor | None:
    drawn, has = None if masks is None else masks[modality][view], tissue.has(modality)
    if has is None:
        return drawn
    return ~has if drawn is None else drawn | ~has
