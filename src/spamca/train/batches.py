"""Batches of a tissue: all of it, or tiles from all over it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import distributed

from spamca.nn.batch import draw
from spamca.nn.distributed import alone
from spamca.nn.masking import draw_masks
from spamca.train.tiles import tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.nn import Settings, Tissue
    from spamca.nn.batch import Batch

WHOLE = 40_000
"""Largest tissue that is one batch where the caller names no size."""

SPOTS = 16_384
"""Spots of a batch of larger tissue."""

LEAST_SEEN = 512
"""Spots that a step of whole tissue has at least, while the tissue has them: smaller batches take as many more steps.

Batches of a few hundred spots tell less of the statistics of batch norm, and of the domains, than a tissue of as many.
"""

JOINED = 8
"""Tiles of one batch, from as many places: what is estimated on a batch then holds for all of the tissue."""


class Batches:
    """What the network sees in one pass over a tissue.

    Masks are drawn for the whole tissue at each pass, and tiles are joined at random. All draws depend on the seed and the
    pass only: passes can be repeated, resumed, and shared by several processes, each of which takes its tiles of every batch.

    Parameters
    ----------
    tissue
        The tissue, on the CPU.
    settings
        Choices of the network and its training.
    batch_size
        Spots of a batch, in all processes; None takes the whole tissue up to :data:`WHOLE` spots, and else :data:`SPOTS`.
    position
        Coordinates of the spots, (n_spots, n_dimensions), or None.
    n_processes
        Number of processes that share each batch.
    random_state
        Seed.
    """

    def __init__(
        self,
        tissue: Tissue,
        settings: Settings,
        *,
        batch_size: int | None = None,
        position: np.ndarray | None = None,
        n_processes: int = 1,
        random_state: int = 0,
    ) -> None:
        self.tissue, self.settings, self.random_state, self.epoch = tissue, settings, random_state, 0
        n = tissue.n_spots
        if batch_size is None:
            batch_size = n if n <= WHOLE else SPOTS
        self.n_batches = -(-n // min(batch_size, n))
        joined = n_processes * -(-JOINED // n_processes)  # so that all processes have as many
        self.tiles = None
        if self.n_batches > 1 or n_processes > 1:
            self.joined = min(joined, n // self.n_batches)
            self.tiles = tiles(tissue.spatial, self.n_batches * self.joined, position)

    def __len__(self) -> int:
        return self.n_batches

    def n_passes(self, least: int) -> int:
        """How often the tissue is gone over: as given, or as the number of steps needs, but ``least`` times.

        Small tissue is gone over more often, as if it were one batch, until a training has seen :data:`LEAST_SEEN` spots a step.
        """
        if self.settings.max_epochs is not None:
            return self.settings.max_epochs
        if self.n_batches == 1:
            return self.settings.n_steps
        n_steps = self.settings.n_steps
        if n_steps == 0:
            return 0
        seen = min(n_steps, -(-n_steps * LEAST_SEEN // self.tissue.n_spots))
        return max(least, -(-n_steps // self.n_batches), seen)

    def place(self, device: torch.device) -> None:
        """Move the tissue to the device that trains, if it takes up less than half of what is free there."""
        tissue = self.tissue
        graphs = (tissue.spatial, *tissue.feature_graphs)
        held = [*tissue.features, tissue.present]
        held += [part for graph in graphs for part in (graph.indptr, graph.indices, graph.weights)]
        size = sum(x.numel() * x.element_size() for x in held if x is not None)
        if device.type != "cuda" or size < torch.cuda.mem_get_info(device)[0] / 2:
            self.tissue = tissue.to(device)

    def masks(self, epoch: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Hidden spots of a pass."""
        return draw_masks(
            self.tissue.n_spots,
            len(self.tissue.features),
            self.settings.mask_rate,
            self._generator(epoch, 0),
            independent=self.settings.independent_masks,
        )

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the pass that ``epoch`` names, of large tissue each prepared while the one before it is used."""
        return self._drawn() if self.tiles is None else ahead(self._drawn())

    def _drawn(self) -> Iterator[Batch]:
        masks, generator = self.masks(self.epoch), self._generator(self.epoch, 1)
        if self.tiles is None:
            yield draw(self.tissue, self.settings, masks, generator)
            return
        rank, n = (0, 1) if alone() else (distributed.get_rank(), distributed.get_world_size())
        order = torch.randperm(len(self.tiles), generator=generator)
        for group in order.view(self.n_batches, self.joined).tolist():
            spots = torch.cat([self.tiles[tile] for tile in group])
            own = None
            if n > 1:
                size = torch.tensor([len(self.tiles[tile]) for tile in group])
                own = torch.repeat_interleave(torch.arange(len(group)) % n == rank, size)
            yield draw(self.tissue, self.settings, masks, generator, spots, own)

    def _generator(self, epoch: int, purpose: int) -> torch.Generator:
        seed = np.random.SeedSequence([self.random_state, epoch, purpose]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(seed) >> 1)


def ahead(items: Iterator) -> Iterator:
    """The same items, each asked for while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        nothing = object()
        coming = pool.submit(next, items, nothing)
        while (item := coming.result()) is not nothing:
            coming = pool.submit(next, items, nothing)
            yield item
