"""What one step of the network sees: some spots, their surroundings, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch

from spamca.nn.losses.contrast import Pair
from spamca.nn.surroundings import Surroundings, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from spamca.nn.masking import Masks
    from spamca.nn.settings import Settings
    from spamca.nn.sparse import Adjacency
    from spamca.nn.tissue import Tissue


@dataclass(frozen=True)
class Batch:
    """Spots of one step.

    Rows are the spots of the batch, and after them the neighbours that the decoder needs. Encoding is exact for both: what
    a row sees of the tissue is in its surroundings.

    Parameters
    ----------
    n_spots
        Number of spots, without those neighbours.
    seen
        For each modality the surroundings of all rows, by view.
    present
        Booleans (n_rows, n_modalities), or None where every spot has every modality.
    spatial
        Normalised spatial graph between the rows, for the decoder; None where nothing is to be restored.
    scored
        For each modality the positions of the spots to restore, or None for all.
    targets
        For each modality the features of those, (n_scored, n_features).
    pairs
        For each two modalities, in the order of :func:`itertools.combinations`, what is held against each other.
    """

    n_spots: int
    seen: tuple[dict[str, Surroundings], ...]
    present: Tensor | None = None
    spatial: Adjacency | None = None
    scored: tuple[Tensor | None, ...] = ()
    targets: tuple[Tensor, ...] = ()
    pairs: tuple[Pair, ...] = ()

    def to(self, device: torch.device | str, **kwargs: bool) -> Batch:
        """The same on another device (what Lightning calls to move a batch)."""

        def moved(x: Any) -> Any:
            return None if x is None else x.to(device, **kwargs)

        return Batch(
            self.n_spots,
            tuple({view: seen.to(device, **kwargs) for view, seen in views.items()} for views in self.seen),
            moved(self.present),
            moved(self.spatial),
            tuple(moved(x) for x in self.scored),
            tuple(moved(x) for x in self.targets),
            tuple(pair.to(device, **kwargs) for pair in self.pairs),
        )


def look(tissue: Tissue, settings: Settings, spots: Tensor | None = None, masks: Masks | None = None) -> Batch:
    """What is seen from some spots, to encode them.

    Parameters
    ----------
    tissue
        The tissue.
    settings
        Views and scales of the network.
    spots
        Integers of shape (n_rows,), none twice; None for all.
    masks
        Hidden spots of the whole tissue; spots that lack a modality are hidden in it as well.

    Returns
    -------
    A batch that asks for nothing, with all of its rows as its spots.
    """
    whole = spots is None
    n = tissue.n_spots if whole else len(spots)
    near, around = None, tissue.spatial
    if "spatial" in settings.views and not whole:
        near = _with_neighbours(tissue, spots, max(settings.spatial_scales))
        around = tissue.spatial.within(near)
    seen = []
    for m, features in enumerate(tissue.features):
        views = {}
        if "spatial" in settings.views:
            hidden = _at(_hidden(tissue, masks, m, 0), near)
            views["spatial"] = surroundings(around, _at(features, near), hidden, settings.spatial_scales, n)
        if "feature" in settings.views:
            graph, needed = (tissue.feature_graphs[m], None) if whole else tissue.feature_graphs[m].rows(spots)
            views["feature"] = surroundings(graph, _at(features, needed), _at(_hidden(tissue, masks, m, 1), needed))
        seen.append(views)
    return Batch(n, tuple(seen), _at(tissue.present, spots))


def draw(
    tissue: Tissue,
    settings: Settings,
    masks: Masks,
    generator: torch.Generator,
    spots: Tensor | None = None,
    own: Tensor | None = None,
) -> Batch:
    """A batch to train on.

    Parameters
    ----------
    tissue
        The tissue.
    settings
        Choices of the network and its training.
    masks
        Hidden spots of the whole tissue, on the CPU.
    generator
        Source of randomness for the contrasted spots, on the CPU.
    spots
        Spots of the batch, in all processes, integers (n_batch,) on the CPU; None for the whole tissue.
    own
        Which of them are of this process, booleans (n_batch,) on the CPU; None for all.
    """
    device = tissue.device
    mine = spots if own is None or spots is None else spots[own]
    core = None if mine is None else mine.to(device)
    rows = None if core is None else _with_neighbours(tissue, core, 1)
    seen = look(tissue, settings, rows, [tuple(mask.to(device) for mask in pair) for pair in masks])
    # What is asked is worked out on the CPU, where the masks are: no step waits for the device to count them.
    present = tissue.present_on_cpu
    scored = [_scored(masks, present, m, settings.mask_rate, mine) for m in range(len(tissue.features))]
    scored = [None if positions is None else positions.to(device) for positions in scored]
    n = tissue.n_spots if spots is None else len(spots)
    return replace(
        seen,
        n_spots=tissue.n_spots if mine is None else len(mine),
        spatial=tissue.spatial if rows is None else tissue.spatial.within(rows),
        scored=tuple(scored),
        targets=tuple(
            _at(_at(features, core), positions) for features, positions in zip(tissue.features, scored, strict=True)
        ),
        pairs=tuple(
            pair.to(device)
            for pair in _pairs(len(tissue.features), n, _at(present, spots), own, settings.n_contrasted, generator)
        ),
    )


def _with_neighbours(tissue: Tissue, spots: Tensor, n_hops: int) -> Tensor:
    """Some spots, in their order, and after them those within some hops of the spatial graph."""
    near = spots
    for _ in range(n_hops):
        near = tissue.spatial.neighbours(near)
    apart = torch.ones(tissue.n_spots, dtype=torch.bool, device=tissue.device)
    apart[spots] = False
    return torch.cat([spots, near[apart[near]]])


def _scored(masks: Masks, present: Tensor | None, modality: int, rate: float, spots: Tensor | None) -> Tensor | None:
    """Positions of the spots to restore: those hidden, or all where none is."""
    asked = masks[modality][0] if rate > 0 else None
    if present is not None:
        has = present[:, modality]
        asked = has if asked is None else asked & has
    return None if asked is None else _at(asked, spots).nonzero().squeeze(1)


def _pairs(
    n_modalities: int, n: int, present: Tensor | None, own: Tensor | None, n_drawn: int, generator: torch.Generator
) -> Iterator[Pair]:
    order = torch.randperm(n, generator=generator)
    position = None if own is None else own.long().cumsum(0) - 1  # of a spot among those of this process
    for a, b in combinations(range(n_modalities), 2):
        both = None if present is None else present[:, a] & present[:, b]
        chosen = (order if both is None else order[both[order]])[:n_drawn]
        slots = torch.arange(len(chosen)) if own is None else own[chosen].nonzero().squeeze(1)
        drawn = chosen[slots] if own is None else position[chosen[slots]]
        yield Pair(both if both is None or own is None else both[own], drawn, slots, len(chosen))


def _hidden(tissue: Tissue, masks: Masks | None, modality: int, view: int) -> Tensor | None:
    drawn, has = None if masks is None else masks[modality][view], tissue.has(modality)
    if has is None:
        return drawn
    return ~has if drawn is None else drawn | ~has


def _at(x: Tensor | None, positions: Tensor | None) -> Tensor | None:
    return x if x is None or positions is None else x[positions]
