from __future__ import annotations

import numpy as np
import pytest

from spamca.domains import Block, noise_whitened
from spamca.domains.evidence import Evidence
from spamca.domains.field import Field


@pytest.fixture
def block(toy):
    return Block(noise_whitened(toy.features(noise=0.5), toy.adjacency))


@pytest.fixture
def field(block, toy, together):
    return Field(together([block], toy.adjacency))


@pytest.fixture
def evidence(field, rng):
    return Evidence(field, rng)


def test_gain_is_the_mean_of_the_gains(evidence, field, toy):
    np.testing.assert_allclose(evidence.gains(toy.truth, 3).mean(), field.parts(toy.truth, 3)["predicted"], rtol=1e-4)


def test_domains_predict_what_scattered_clusters_do_not(field, toy, rng):
    assert field.parts(toy.truth, 3)["predicted"] > 0.5
    assert field.parts(np.zeros(toy.n_spots, dtype=int), 1)["predicted"] == pytest.approx(0, abs=1e-6)
    assert field.parts(rng.permutation(toy.truth), 3)["predicted"] < 0.05
    # a kind of its own that is strewn among others, however different
    strewn = toy.truth.copy()
    strewn[::7] = 3
    assert field.parts(strewn, 4)["predicted"] < field.parts(toy.truth, 3)["predicted"]


def test_what_varies_together_costs_more(evidence, field, toy):
    right, wrong = evidence.cost(toy.truth, 3), evidence.cost(np.zeros(toy.n_spots, dtype=int), 1)
    assert right > 0
    assert wrong > 1.5 * right
    independent = field.blocks[0].values.shape[1] * np.log(toy.n_spots) / (2 * toy.n_spots)
    assert right == pytest.approx(independent, rel=0.6)


def test_spots_that_lack_the_modality_count_nothing(block, toy, rng, together):
    present = rng.uniform(size=toy.n_spots) < 0.7
    values = np.where(present[:, None], block.values, 0)
    field = Field(together([Block(values, 1.0, present)], toy.adjacency))
    evidence = Evidence(field, rng)
    gains = evidence.gains(toy.truth, 3)
    assert not gains[~present].any()
    np.testing.assert_allclose(gains.mean(), field.parts(toy.truth, 3)["predicted"], rtol=1e-3)
    assert gains.mean() > 0.3
    assert evidence.cost(toy.truth, 3) > 0
