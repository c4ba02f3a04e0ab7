from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains import DomainSettings, NumberOfDomains, number_of_domains


@pytest.mark.parametrize("n_domains", [3, 5])
def test_finds_the_number(make_toy, n_domains):
    toy = make_toy(22, 22, n_domains)
    features = [toy.features(noise=0.5), toy.features(noise=0.5, seed=4)]
    found = number_of_domains(features, toy.adjacency, range(2, 8))
    assert found.n_domains == n_domains
    assert found.tried.tolist() == list(range(2, 8))
    assert found.tried[found.evidence.argmax()] == n_domains
    assert (found.evidence <= found.gain).all()
    assert found.stability[n_domains - 2] > 0.9
    assert found.error[n_domains - 2] == 0
    assert (np.delete(found.error, n_domains - 2) > 0).all()
    assert ((found.coherence > 0) & (found.coherence <= 1)).all()
    assert n_domains in found.plausible
    np.testing.assert_array_equal(found.plausible, found.within(2))


def test_same_seed_same_criteria(toy):
    first, second = (number_of_domains([toy.features()], toy.adjacency, range(2, 5), random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first.evidence, second.evidence)
    np.testing.assert_array_equal(first.stability, second.stability)


def test_features_that_show_nothing_give_the_fewest(toy, rng):
    noise = rng.normal(size=(toy.n_spots, 4))
    found = number_of_domains([np.ones((toy.n_spots, 2)), noise], toy.adjacency, range(2, 6))
    assert found.n_domains == 2
    lonely = number_of_domains([toy.features()], csr_matrix((toy.n_spots, toy.n_spots)), range(3, 6))
    assert lonely.n_domains == 3
    assert not lonely.evidence.any()
    np.testing.assert_array_equal(lonely.plausible, [3, 4, 5])


def test_a_modality_may_be_missing(make_toy):
    toy = make_toy(22, 22, 3)
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[::3, 1] = False
    features = [toy.features(noise=0.5), np.where(present[:, 1:], toy.features(noise=0.5, seed=4), 1e6)]
    assert number_of_domains(features, toy.adjacency, range(2, 6), present=present).n_domains == 3


def test_a_modality_of_weight_zero_is_not_read(toy):
    alone = number_of_domains([toy.features()], toy.adjacency, range(2, 5))
    both = number_of_domains([toy.features(), toy.features(seed=9)], toy.adjacency, range(2, 5), weights=[1, 0])
    np.testing.assert_array_equal(alone.evidence, both.evidence)


def test_large_tissue_is_seen_through_patches(make_toy):
    toy = make_toy(26, 26, 3)
    settings = DomainSettings(n_searched=400)
    found = number_of_domains([toy.features(noise=0.4)], toy.adjacency, range(2, 6), settings=settings)
    assert found.n_domains == 3


def test_one_number_is_taken(toy):
    assert number_of_domains([toy.features()], toy.adjacency, range(4, 5)).n_domains == 4


def test_numbers_within_standard_errors_of_the_highest():
    tried, zeros = np.array([2, 3, 4, 5]), np.zeros(4)
    evidence, error = np.array([0.1, 0.75, 0.9, 1.0]), np.array([0.2, 0.3, 0.05, 0.0])
    found = NumberOfDomains(3, tried, zeros, evidence, error, zeros, zeros)
    assert found.within(1).tolist() == [3, 5]
    assert found.within(2).tolist() == [3, 4, 5]
