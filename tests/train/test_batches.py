from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.fabric.utilities import move_data_to_device

from spamca.nn import Settings, SpaMCA
from spamca.nn.batch import look
from spamca.train.batches import Batches, ahead, blocks_of, embed, tiles

SETTINGS = Settings(n_latent=8, n_steps=40)


def test_small_tissue_is_one_batch(toy_tissue):
    batches = Batches(toy_tissue, SETTINGS)
    assert len(batches) == 1
    assert [batch.n_spots for batch in batches] == [120]
    assert batches.n_passes == SETTINGS.n_steps


def test_large_tissue_is_cut_by_itself(toy_tissue, position, monkeypatch):
    monkeypatch.setattr(Settings, "whole_tissue", 100)
    monkeypatch.setattr(Settings, "spots_per_batch", 50)
    assert [batch.n_spots for batch in Batches(toy_tissue, SETTINGS, position=position)] == [40, 40, 40]


@pytest.mark.parametrize("size", [1, 7, 50, 119, 120, 1000])
def test_any_size_of_batch_goes_over_every_spot_once(toy_tissue, position, size):
    batches = Batches(toy_tissue, SETTINGS, batch_size=size, position=position)
    assert sum(batch.n_spots for batch in batches) == 120
    assert sum(1 for _ in batches) == len(batches) == -(-120 // min(size, 120))


def test_tiles_of_a_batch_come_from_several_places(toy_tissue, position):
    batches = Batches(toy_tissue, SETTINGS, batch_size=60, position=position)
    assert len(batches.tiles) == 2 * Settings.tiles_per_batch


@pytest.mark.parametrize(
    ("given", "size", "passes"),
    [({}, 40, 14), ({"n_steps": 3}, 40, 3), ({"max_epochs": 2}, 40, 2), ({}, 120, 40), ({"n_steps": 0}, 40, 0)],
)
def test_number_of_passes(toy_tissue, position, given, size, passes, monkeypatch):
    monkeypatch.setattr(Settings, "spots_per_step", 1)
    batches = Batches(toy_tissue, SETTINGS.changed(**given), batch_size=size, position=position)
    assert batches.n_passes == passes


@pytest.mark.parametrize(("least", "passes"), [(30, 14), (60, 20), (120, 40), (1000, 40)])
def test_small_tissue_is_gone_over_as_if_it_were_one_batch(toy_tissue, position, monkeypatch, least, passes):
    monkeypatch.setattr(Settings, "spots_per_step", least)
    assert Batches(toy_tissue, SETTINGS, batch_size=40, position=position).n_passes == passes


def test_a_pass_can_be_repeated_and_differs_from_the_next(toy_tissue, position):
    batches = Batches(toy_tissue, SETTINGS, batch_size=60, position=position, random_state=3)

    def seen(epoch):
        batches.epoch = epoch
        return [batch.seen[0]["spatial"] for batch in batches]

    first, again, second = seen(0), seen(0), seen(1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_items_are_prepared_ahead():
    def items():
        for i in range(3):
            begun.append(i)
            yield i

    begun, seen = [], []
    for item in ahead(items()):
        time.sleep(0.05)
        seen.append((item, len(begun)))
    assert seen == [(0, 2), (1, 3), (2, 3)]


def test_errors_in_preparation_reach_the_caller():
    def items():
        yield 1
        msg = "no memory"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="no memory"):
        list(ahead(items()))


def test_lightning_moves_every_tensor(toy_tissue, position):
    settings = Settings(start="random", views=("spatial", "feature"))
    tissue = replace(toy_tissue, present=torch.rand(120, 2, generator=torch.Generator().manual_seed(0)) < 0.9)
    batch = move_data_to_device(next(iter(Batches(tissue, settings, batch_size=60, position=position))), "meta")
    tensors = [*batch.targets, *batch.scored, batch.present, batch.spatial.weights, batch.seen[1]["feature"]]
    tensors += [x for pair in batch.pairs for x in (pair.both, pair.drawn, pair.slots)]
    moved = move_data_to_device(tissue, "meta")
    tensors += [*moved.features, moved.spatial.indptr, moved.feature_graphs[1].indices, moved.present]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert tissue.features[0].device.type == "cpu"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("n_tiles", [1, 5, 8, 120])
def test_every_spot_is_in_one_tile_of_equal_size(toy_tissue, position, known, n_tiles):
    found = tiles(toy_tissue.spatial, n_tiles, position if known else None)
    assert len(found) == n_tiles
    assert torch.equal(torch.cat(found).sort().values, torch.arange(120))
    sizes = [len(tile) for tile in found]
    assert max(sizes) - min(sizes) <= 1


def test_sizes_differ_by_one_at_most(toy_tissue, position):
    for n_tiles in range(1, 60):
        sizes = [len(tile) for tile in tiles(toy_tissue.spatial, n_tiles, position)]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("known", [True, False])
def test_spots_of_a_tile_lie_together(toy_tissue, position, known):
    drawn = torch.from_numpy(np.random.default_rng(0).permutation(120)).split(15)
    near, far = (
        sum(len(toy_tissue.spatial.reached(tile, 1)) for tile in parts)
        for parts in (tiles(toy_tissue.spatial, 8, position if known else None), drawn)
    )
    assert near < 0.6 * far


def test_spots_on_one_point_are_cut_too(toy_tissue):
    assert [len(tile) for tile in tiles(toy_tissue.spatial, 4, np.zeros((120, 2)))] == [30] * 4


def test_only_large_tissue_is_encoded_in_blocks(toy_tissue, position, monkeypatch):
    assert blocks_of(toy_tissue.spatial, position) is None
    monkeypatch.setattr(Settings, "whole_tissue", 100)
    monkeypatch.setattr(Settings, "spots_per_batch", 50)
    assert [len(block) for block in blocks_of(toy_tissue.spatial, position)] == [40, 40, 40]


def test_blocks_give_what_the_whole_gives(toy_tissue, position):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    whole, blocks = embed(network, toy_tissue), embed(network, toy_tissue, tiles(toy_tissue.spatial, 7, position))
    for name in ("fused", "modality_weights"):
        torch.testing.assert_close(getattr(blocks, name), getattr(whole, name), rtol=1e-5, atol=1e-5)
    for name in ("modalities", "view_weights"):
        for some, all_ in zip(getattr(blocks, name), getattr(whole, name), strict=True):
            torch.testing.assert_close(some, all_, rtol=1e-5, atol=1e-5)


def test_embedding_is_the_fused_latent(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 5, Settings(n_latent=8)).eval()
    latents, read = network.encode(look(toy_tissue, network.settings)), embed(network, toy_tissue)
    assert torch.equal(read.fused, latents.fused)
    assert torch.equal(read.modalities[0], latents.modalities[0])


def test_embedding_is_of_length_one_where_asked_for(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 5, Settings(n_latent=8, normalize=True)).eval()
    torch.testing.assert_close(embed(network, toy_tissue).fused.norm(dim=1), torch.ones(120))


def test_masks_reach_the_result(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    hidden = torch.arange(120) % 3 == 0
    assert not torch.equal(
        embed(network, toy_tissue, None, [(hidden, hidden)] * 2).fused, embed(network, toy_tissue).fused
    )
