from __future__ import annotations

import numpy as np
import pytest

from spamca.guide.field import Field
from spamca.guide.objective import COHERENCE


@pytest.fixture
def field(toy, blocks):
    return Field(blocks, toy.adjacency)


def by_hand(field, partition, n_domains):
    """Both gains in double precision, from what is left itself."""
    member, told, predicted = np.eye(n_domains)[partition], 0.0, 0.0
    for block, left in zip(field.blocks, field.unpredicted(partition, n_domains), strict=True):
        has = np.ones(len(left)) if block.present is None else block.present
        apart = (block.values - member @ block.means(member)) * has[:, None]
        whole = np.linalg.slogdet(block.total)[1]
        share = block.weight * has.sum() / len(left) / 2
        told += share * (whole - np.linalg.slogdet(block.covariance(apart))[1])
        predicted += share * (whole - np.linalg.slogdet(block.covariance(left))[1])
    return told, predicted


def test_gains_are_those_of_what_is_left(field, toy, rng):
    for partition in (toy.truth, rng.integers(3, size=toy.n_spots)):
        parts, (told, predicted) = field.parts(partition, 3), by_hand(field, partition, 3)
        assert parts["log_likelihood"] == pytest.approx(told, abs=2e-4)
        assert parts["predicted"] == pytest.approx(predicted, abs=2e-4)
        assert parts["objective"] == pytest.approx(
            parts["log_likelihood"] + parts["predicted"] + COHERENCE * parts["coherence"]
        )


def test_number_of_a_domain_does_not_matter(field, toy):
    assert field.objective(2 - toy.truth, 3) == pytest.approx(field.objective(toy.truth, 3), abs=1e-5)
