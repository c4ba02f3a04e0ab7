from __future__ import annotations

import time

import pytest
import torch

from spamca.nn import Settings
from spamca.train import batches as module
from spamca.train.batches import Batches, ahead

SETTINGS = Settings(n_latent=8, n_steps=40)


def test_small_tissue_is_one_batch(toy_tissue):
    batches = Batches(toy_tissue, SETTINGS)
    assert len(batches) == 1
    assert [batch.n_spots for batch in batches] == [120]
    assert batches.n_passes(3) == SETTINGS.n_steps


def test_large_tissue_is_cut_by_itself(toy_tissue, position, monkeypatch):
    monkeypatch.setattr(module, "WHOLE", 100)
    monkeypatch.setattr(module, "SPOTS", 50)
    assert [batch.n_spots for batch in Batches(toy_tissue, SETTINGS, position=position)] == [40, 40, 40]


@pytest.mark.parametrize("size", [1, 7, 50, 119, 120, 1000])
def test_any_size_of_batch_goes_over_every_spot_once(toy_tissue, position, size):
    batches = Batches(toy_tissue, SETTINGS, batch_size=size, position=position)
    assert sum(batch.n_spots for batch in batches) == 120
    assert sum(1 for _ in batches) == len(batches) == -(-120 // min(size, 120))


def test_tiles_of_a_batch_come_from_several_places(toy_tissue, position):
    batches = Batches(toy_tissue, SETTINGS, batch_size=60, position=position)
    assert len(batches.tiles) == 2 * module.JOINED


@pytest.mark.parametrize(
    ("given", "size", "passes"),
    [({}, 40, 14), ({"n_steps": 3}, 40, 3), ({"max_epochs": 2}, 40, 2), ({}, 120, 40), ({"n_steps": 0}, 40, 0)],
)
def test_number_of_passes(toy_tissue, position, given, size, passes, monkeypatch):
    monkeypatch.setattr(module, "LEAST_SEEN", 1)
    batches = Batches(toy_tissue, SETTINGS.changed(**given), batch_size=size, position=position)
    assert batches.n_passes(3) == passes


@pytest.mark.parametrize(("least", "passes"), [(30, 14), (60, 20), (120, 40), (1000, 40)])
def test_small_tissue_is_gone_over_as_if_it_were_one_batch(toy_tissue, position, monkeypatch, least, passes):
    monkeypatch.setattr(module, "LEAST_SEEN", least)
    assert Batches(toy_tissue, SETTINGS, batch_size=40, position=position).n_passes(3) == passes


def test_a_pass_can_be_repeated_and_differs_from_the_next(toy_tissue, position):
    batches = Batches(toy_tissue, SETTINGS, batch_size=60, position=position, random_state=3)

    def seen(epoch):
        batches.epoch = epoch
        return [batch.seen[0]["spatial"].values for batch in batches]

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
