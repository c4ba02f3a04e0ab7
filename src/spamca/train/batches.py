"""Batches of a tissue: all of it, or tiles from all over it; and latents of all spots, read block by block."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import distributed

from spamca.nn import Latents, Settings
from spamca.nn.batch import draw, draw_masks, look
from spamca.nn.distributed import alone
from spamca.nn.sparse import in_tiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from torch import Tensor

    from spamca.nn import Inputs, SpaMCA
    from spamca.nn.batch import Batch, Masks
    from spamca.nn.sparse import Adjacency


class Batches:
    """What the network sees in one pass over a tissue.

    Masks are drawn for the whole tissue at each pass, and tiles are joined at random. All draws depend on the seed and
    the pass only: passes can be repeated, resumed, and shared by several processes, each of which takes its tiles of
    every batch.

    Parameters
    ----------
    tissue, settings
        The tissue, on the CPU, and choices of the network and its training.
    batch_size
        Spots of a batch, in all processes; None takes all, and of large tissue as many as the settings say.
    position
        Coordinates of the spots, (n_spots, n_dimensions), or None.
    n_processes, random_state
        Number of processes that share each batch, and seed.
    """

    def __init__(
        self,
        tissue: Inputs,
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
            batch_size = n if n <= settings.whole_tissue else settings.spots_per_batch
        self.n_batches = -(-n // min(batch_size, n))
        joined = n_processes * -(-settings.tiles_per_batch // n_processes)  # so that all processes have as many
        self.joined, self.parted = min(joined, n // self.n_batches), self.n_batches > 1 or n_processes > 1
        self._cut = partial(tiles, tissue.spatial, self.n_batches * self.joined, position)  # on the CPU

    def __len__(self) -> int:
        return self.n_batches

    @cached_property
    def tiles(self) -> list[Tensor]:
        """What batches are joined from, each spots (n,)."""
        return self._cut()

    @property
    def n_passes(self) -> int:
        """Number of passes: ``max_epochs`` of the settings, or as many as the number of steps needs."""
        settings, n_steps = self.settings, self.settings.n_steps
        if settings.max_epochs is not None:
            return settings.max_epochs
        if self.n_batches == 1 or n_steps == 0:
            return n_steps
        # Small tissue takes more passes: batches of a few hundred spots say less of its statistics and domains.
        seen = min(n_steps, -(-n_steps * settings.spots_per_step // self.tissue.n_spots))
        return max(settings.least_passes, -(-n_steps // self.n_batches), seen)

    def place(self, device: torch.device) -> None:
        """Move the tissue to the device that trains, if it takes up less than half of what is free there."""
        from lightning.fabric.utilities import move_data_to_device

        tissue = self.tissue
        graphs = (tissue.spatial, *tissue.feature_graphs)
        held = [*tissue.features, *(part for graph in graphs for part in (graph.indptr, graph.indices, graph.weights))]
        size = sum(x.numel() * x.element_size() for x in held)
        if device.type != "cuda" or size < torch.cuda.mem_get_info(device)[0] / 2:
            self.tissue = move_data_to_device(tissue, device)

    def masks(self, epoch: int) -> Masks:
        """Hidden spots of a pass."""
        return draw_masks(self.tissue, self.settings, self._generator(epoch, 0))

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the pass ``epoch``, of large tissue each prepared while the one before it is used."""
        return ahead(self._drawn()) if self.parted else self._drawn()

    def _drawn(self) -> Iterator[Batch]:
        masks, generator = self.masks(self.epoch), self._generator(self.epoch, 1)
        if not self.parted:
            yield draw(self.tissue, self.settings, masks, generator)
            return
        rank, n = (0, 1) if alone() else (distributed.get_rank(), distributed.get_world_size())
        order = torch.randperm(len(self.tiles), generator=generator)
        for group in order.view(self.n_batches, self.joined).tolist():
            spots = torch.cat([self.tiles[tile] for tile in group])
            size = torch.tensor([len(self.tiles[tile]) for tile in group])
            own = torch.repeat_interleave(torch.arange(len(group)) % n == rank, size) if n > 1 else None
            yield draw(self.tissue, self.settings, masks, generator, spots, own)

    def _generator(self, epoch: int, purpose: int) -> torch.Generator:
        seed = np.random.SeedSequence([self.random_state, epoch, purpose]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(seed) >> 1)


def ahead(items: Iterator[Any]) -> Iterator[Any]:
    """The same items, each prepared while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def tiles(spatial: Adjacency, n_tiles: int, position: np.ndarray | None = None) -> list[Tensor]:
    """Cut a tissue into tiles, at most as many as spots, whose sizes differ by one at most: int64, rising.

    Where positions (n_spots, n_dimensions) are known, it is halved across its longer side again and again; where only
    the graph is, its spots are strung along it (reverse Cuthill-McKee order) and cut into pieces.
    """
    n = spatial.n_spots
    parts: Iterable[np.ndarray]
    if position is not None:
        parts = _halved(np.asarray(position), np.arange(n), n_tiles)
    else:
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        graph = csr_matrix((spatial.weights.numpy(), spatial.indices.numpy(), spatial.indptr.numpy()), shape=(n, n))
        parts = np.array_split(reverse_cuthill_mckee(graph, symmetric_mode=True), n_tiles)
    return [torch.from_numpy(np.sort(part).astype(np.int64)) for part in parts]


def blocks_of(spatial: Adjacency, position: np.ndarray | None = None) -> list[Tensor] | None:
    """Tiles of large tissue that are encoded one after another; None where the tissue can be encoded at once."""
    n = spatial.n_spots
    return None if n <= Settings.whole_tissue else tiles(spatial, -(-n // Settings.spots_per_batch), position)


def _halved(position: np.ndarray, spots: np.ndarray, n_tiles: int) -> Iterator[np.ndarray]:
    if n_tiles == 1:
        yield spots
        return
    axis = int(np.ptp(position[spots], axis=0).argmax())
    first = n_tiles // 2
    # Sizes as if all tiles were cut at once: larger ones first.
    size = first * (len(spots) // n_tiles) + min(first, len(spots) % n_tiles)
    order = np.argpartition(position[spots, axis], size - 1)
    yield from _halved(position, spots[order[:size]], first)
    yield from _halved(position, spots[order[size:]], n_tiles - first)


@torch.no_grad()
def embed(
    network: SpaMCA, tissue: Inputs, blocks: Sequence[Tensor] | None = None, masks: Masks | None = None
) -> Latents:
    """Latents of all spots as they are read out, on the CPU, of a network in evaluation mode where the tissue is.

    Blocks are spots encoded together, None for all at once; the result does not depend on them. Masks hide spots.
    """
    settings, device = network.settings, tissue.device
    if masks is not None:
        masks = [(spatial.to(device), feature.to(device)) for spatial, feature in masks]

    def encoded(spots: Tensor | None) -> list[Tensor]:
        part = network.encode(look(tissue, settings, spots, masks))
        fused = F.normalize(part.fused, dim=1) if settings.normalize else part.fused
        return [values.cpu() for values in (fused, part.modality_weights, *part.modalities, *part.view_weights)]

    def write(spots: Tensor | None) -> None:
        assert spots is not None
        for values, one in zip(whole, encoded(spots), strict=True):
            values[spots.cpu()] = one

    if blocks is None:
        whole = encoded(None)
    else:
        like = encoded(blocks[0][:1].to(device))
        whole = [torch.empty((tissue.n_spots, *values.shape[1:]), dtype=values.dtype) for values in like]
        in_tiles(write, blocks, device)
    fused, weights, *each = whole
    n = len(tissue.features)
    return Latents(each[:n], fused, each[n:], weights)
