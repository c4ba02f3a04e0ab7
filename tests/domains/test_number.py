import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains import DomainSettings, NumberOfDomains, number_of_domains


@pytest.mark.parametrize("n_domains", [3, 5])
def test_finds_the_number(make_toy, n_domains):
    toy = make_toy(22, 22, n_domains)
    features = [toy.features(noise=0.5), toy.features(noise=0.5, seed=4)]
    found = number_of_domains(features, toy.adjacency, range(2, 8))
    assert found.n_domains == found.tried[found.evidence.argmax()] == n_domains
    assert found.tried.tolist() == list(range(2, 8))
    assert (found.evidence <= found.gain).all()
    assert min(found.stability[n_domains - 2], found.coherence[n_domains - 2]) > 0.7
    assert found.error[n_domains - 2] == 0
    assert (np.delete(found.error, n_domains - 2) > 0).all()
    assert n_domains in found.plausible
    np.testing.assert_array_equal(found.plausible, found.within(2))


def test_same_seed_same_criteria_and_features_that_show_nothing_give_the_fewest(toy, rng):
    rows, values = range(2, 5), toy.features()
    first, again = (number_of_domains([values], toy.adjacency, rows, random_state=3) for _ in range(2))
    both = number_of_domains([values, toy.features(seed=9)], toy.adjacency, rows, weights=[None, 0], random_state=3)
    for other in (again, both):
        np.testing.assert_array_equal(first.evidence, other.evidence)
        np.testing.assert_array_equal(first.stability, other.stability)
    noise = rng.normal(size=(toy.n_spots, 4))
    found = number_of_domains([np.ones((toy.n_spots, 2)), noise], toy.adjacency, range(2, 6))
    lonely = number_of_domains([toy.features()], csr_matrix((toy.n_spots, toy.n_spots)), range(3, 6))
    assert (found.n_domains, lonely.n_domains) == (2, 3)
    assert not lonely.evidence.any()
    np.testing.assert_array_equal(lonely.plausible, [3, 4, 5])
    assert number_of_domains([toy.features()], toy.adjacency, range(4, 5)).n_domains == 4


@pytest.mark.parametrize("n_searched", [10_000, 400])
def test_a_modality_may_be_missing_and_large_tissue_is_seen_through_patches(make_toy, n_searched):
    toy, settings = make_toy(24, 24, 3), DomainSettings(n_searched=n_searched)
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[::3, 1] = False
    features = [toy.features(noise=0.4), np.where(present[:, 1:], toy.features(noise=0.4, seed=4), np.nan)]
    found = number_of_domains(features, toy.adjacency, range(2, 6), present=present, settings=settings)
    assert found.n_domains == 3
    tried, zeros = np.array([2, 3, 4, 5]), np.zeros(4)
    evidence, error = np.array([0.1, 0.75, 0.9, 1.0]), np.array([0.2, 0.3, 0.05, 0.0])
    found = NumberOfDomains(3, tried, zeros, evidence, error, zeros, zeros)
    assert (found.within(1).tolist(), found.within(2).tolist()) == ([3, 5], [3, 4, 5])
