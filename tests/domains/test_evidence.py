import numpy as np
import pytest
from scipy.stats import multivariate_normal

from spamca.domains.components import Block
from spamca.domains.evidence import Evidence
from spamca.domains.field import Field


@pytest.fixture
def field(toy):
    return Field(toy.whitened(toy.features(noise=0.5)))


def test_gains_are_log_ratios_of_normal_densities(toy, field, rng):
    """Zero in a modality that a spot lacks."""
    present, (block,) = rng.uniform(size=toy.n_spots) < 0.7, field.blocks
    field = Field(toy.having(block, Block(np.where(present[:, None], block.values, 0), 0.4, present, 1)))
    expected = np.zeros(toy.n_spots)
    for own, left in zip(field.blocks, field.unpredicted(toy.truth, 3), strict=True):
        zero = np.zeros(left.shape[1])
        ratio = multivariate_normal(zero, own.covariance(left)).logpdf(left)
        ratio -= multivariate_normal(zero, own.total).logpdf(own.values)
        expected += own.weight * own.there(ratio[:, None])[:, 0]
    gains = Evidence(field, rng).gains(toy.truth, 3)
    np.testing.assert_allclose(gains, expected, atol=1e-8)
    assert gains.mean() == pytest.approx(field.parts(toy.truth, 3)["predicted"], rel=1e-3)
    # A kind of its own that is strewn among others does not raise the evidence, however different.
    strewn, evidence = np.where(np.arange(toy.n_spots) % 7, toy.truth, 3), Evidence(field, rng)
    assert gains.mean() > max(0.5, evidence.gains(strewn, 4).mean())
    assert evidence.gains(np.zeros(toy.n_spots, dtype=int), 1).mean() == pytest.approx(0, abs=2e-3)
    assert evidence.gains(rng.permutation(toy.truth), 3).mean() < 0.05


def test_cost_is_that_of_the_bayesian_information_criterion_and_more_for_what_varies_together(toy, field, rng):
    def cost(field, partition):
        return Evidence(field, np.random.default_rng(0)).cost(partition, partition.max() + 1)

    values, each = rng.normal(size=(toy.n_spots, 4)), np.log(toy.n_spots) / (2 * toy.n_spots)
    whole, half = (cost(Field(toy.having(Block(values, w))), toy.truth) for w in (1.0, 0.5))
    assert whole == pytest.approx(4 * each, rel=0.3)
    assert half == pytest.approx(whole / 2)
    right = cost(field, toy.truth)
    assert right == pytest.approx(field.blocks[0].values.shape[1] * each, rel=0.6)
    assert cost(field, 0 * toy.truth) > 1.5 * right
