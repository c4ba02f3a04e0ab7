from __future__ import annotations

import numpy as np
import pytest

from spamca.guide.blocks import Block
from spamca.guide.evidence import Evidence
from spamca.guide.field import Field
from spamca.guide.noise import noise_whitened


@pytest.fixture
def block(toy):
    return Block(noise_whitened(toy.features(noise=0.5), toy.adjacency))


@pytest.fixture
def evidence(block, toy, rng):
    return Evidence(Field([block], toy.adjacency), toy.adjacency, rng)


def test_gain_is_the_mean_of_the_gains(evidence, toy):
    np.testing.assert_allclose(
        evidence.gains(toy.truth, 3).mean(), evidence.field.parts(toy.truth, 3)["predicted"], rtol=1e-4
    )


def test_domains_predict_what_scattered_clusters_do_not(evidence, toy, rng):
    assert evidence.field.parts(toy.truth, 3)["predicted"] > 0.5
    assert evidence.field.parts(np.zeros(toy.n_spots, dtype=int), 1)["predicted"] == pytest.approx(0, abs=1e-6)
    assert evidence.field.parts(rng.permutation(toy.truth), 3)["predicted"] < 0.05
    # a kind of its own that is strewn among others, however different
    strewn = toy.truth.copy()
    strewn[::7] = 3
    assert evidence.field.parts(strewn, 4)["predicted"] < evidence.field.parts(toy.truth, 3)["predicted"]


def test_what_varies_together_costs_more(evidence, toy):
    right, wrong = evidence.cost(toy.truth, 3), evidence.cost(np.zeros(toy.n_spots, dtype=int), 1)
    assert right > 0
    assert wrong > 1.5 * right
    independent = evidence.field.blocks[0].values.shape[1] * np.log(toy.n_spots) / (2 * toy.n_spots)
    assert right == pytest.approx(independent, rel=0.6)


def test_spots_that_lack_the_modality_count_nothing(block, toy, rng):
    present = rng.uniform(size=toy.n_spots) < 0.7
    values = np.where(present[:, None], block.values, 0)
    evidence = Evidence(Field([Block(values, 1.0, present)], toy.adjacency), toy.adjacency, rng)
    gains = evidence.gains(toy.truth, 3)
    assert not gains[~present].any()
    np.testing.assert_allclose(gains.mean(), evidence.field.parts(toy.truth, 3)["predicted"], rtol=1e-3)
    assert gains.mean() > 0.3
    assert evidence.cost(toy.truth, 3) > 0
