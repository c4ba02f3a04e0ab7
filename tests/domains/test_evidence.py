from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.domains.components import Block
from spamca.domains.evidence import Evidence
from spamca.domains.field import Field


@pytest.fixture
def field(toy):
    return Field(toy.whitened(toy.features(noise=0.5)))


@pytest.fixture
def lacking(toy, field, rng):
    """The same with a modality of lower weight that three of ten spots lack."""
    present, (block,) = rng.uniform(size=toy.n_spots) < 0.7, field.blocks
    return Field(toy.having(block, Block(np.where(present[:, None], block.values, 0), 0.4, present, 1)))


def test_gains_are_log_ratios_of_normal_densities(toy, lacking, rng):
    expected = np.zeros(toy.n_spots)
    for block, left in zip(lacking.blocks, lacking.unpredicted(toy.truth, 3), strict=True):
        zero = np.zeros(left.shape[1])
        ratio = multivariate_normal(zero, block.covariance(left)).logpdf(left)
        ratio -= multivariate_normal(zero, block.total).logpdf(block.values)
        expected += block.weight * block.there(ratio[:, None])[:, 0]
    gains = Evidence(lacking, rng).gains(toy.truth, 3)
    np.testing.assert_allclose(gains, expected, atol=1e-8)
    assert gains.mean() == pytest.approx(lacking.parts(toy.truth, 3)["predicted"], rel=1e-3)
    alone = Field(lacking.components.having(lacking.blocks[1:]))
    assert not Evidence(alone, rng).gains(toy.truth, 3)[~lacking.blocks[1].present].any()


def test_domains_predict_what_scattered_clusters_do_not(toy, field, rng):
    """A kind of its own that is strewn among others does not raise the evidence, however different."""
    strewn = toy.truth.copy()
    strewn[::7] = 3
    evidence = Evidence(field, rng)
    gain = evidence.gains(toy.truth, 3).mean()
    assert gain > 0.5
    assert evidence.gains(np.zeros(toy.n_spots, dtype=int), 1).mean() == pytest.approx(0, abs=1e-6)
    assert evidence.gains(rng.permutation(toy.truth), 3).mean() < 0.05
    assert evidence.gains(strewn, 4).mean() < gain


def test_what_varies_together_costs_more(toy, field, rng):
    evidence = Evidence(field, rng)
    right, wrong = evidence.cost(toy.truth, 3), evidence.cost(np.zeros(toy.n_spots, dtype=int), 1)
    assert wrong > 1.5 * right > 0
    independent = field.blocks[0].values.shape[1] * np.log(toy.n_spots) / (2 * toy.n_spots)
    assert right == pytest.approx(independent, rel=0.6)


def test_independent_components_cost_what_the_bayesian_information_criterion_says(toy, rng):
    values = rng.normal(size=(toy.n_spots, 4))
    whole, half = (Evidence(Field(toy.having(Block(values, w))), rng).cost(toy.truth, 3) for w in (1.0, 0.5))
    assert whole == pytest.approx(4 * np.log(toy.n_spots) / (2 * toy.n_spots), rel=0.3)
    assert half == pytest.approx(whole / 2, rel=0.1)
