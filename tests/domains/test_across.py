import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DomainSettings, find_domains, number_of_domains


@pytest.fixture(scope="module")
def cut(make_toy):
    """Three sections of other shapes, the second and third shifted and stretched; domains, sections, graph, two modalities."""
    toys = [make_toy(15, 15, 4, seed=seed) for seed in (0, 5, 9)]
    domain, section = np.concatenate([toy.truth for toy in toys]), np.repeat([0, 1, 2], 225)
    rng, features = np.random.default_rng(0), []
    for _ in range(2):
        means, shift = 3 * rng.normal(size=(4, 6)), 6 * rng.normal(size=(3, 6))
        drawn = means[domain] + rng.normal(size=(len(domain), 6))
        features.append(drawn * np.array([1, 1.5, 1])[section][:, None] + shift[section])
    return domain, section, csr_matrix(block_diag([toy.adjacency for toy in toys])), features


def agreement(domain, section, found):
    partition = found.assignment.argmax(axis=1)
    parts = [adjusted_rand_score(domain[section == s], partition[section == s]) for s in range(3)]
    return min(adjusted_rand_score(domain, partition), *parts)


@pytest.mark.slow
def test_sections_share_their_domains_whatever_shifts_them_and_whatever_their_numbers(cut):
    domain, section, adjacency, features = cut
    found = find_domains(features, adjacency, 4, sections=section)
    assert agreement(domain, section, found) > 0.95
    assert found.record["batch_effect"] > 1
    assert number_of_domains(features, adjacency, range(3, 7), sections=section).n_domains == 4
    named = find_domains(features, adjacency, 4, sections=np.array([7, 9, 12])[section])
    np.testing.assert_array_equal(named.assignment, found.assignment)
    without, alike = (find_domains(features, adjacency, 4, sections=own) for own in (None, np.full(675, 3)))
    assert agreement(domain, section, without) < 0.8
    assert "batch_effect" not in without.record
    np.testing.assert_array_equal(alike.assignment, without.assignment)


@pytest.mark.slow
def test_sections_that_have_no_modality_in_common(cut):
    """The second section has one modality, the third the other."""
    domain, section, adjacency, features = cut
    present = section[:, None] != [2, 1]
    given = [np.where(has[:, None], values, np.nan) for values, has in zip(features, present.T, strict=True)]
    found = find_domains(given, adjacency, 4, present=present, sections=section)
    assert agreement(domain, section, found) > 0.9
    # Large sections are searched in patches, and tiny ones not alone.
    found = find_domains(features, adjacency, 4, sections=section, settings=DomainSettings(n_searched=400))
    assert agreement(domain, section, found) > 0.9
    tiny = np.where(np.arange(len(section)) < 5, 3, section)
    kept = adjacency.multiply(tiny[:, None] == tiny[None, :]).tocsr()
    assert agreement(domain, section, find_domains(features, kept, 4, sections=tiny)) > 0.9
