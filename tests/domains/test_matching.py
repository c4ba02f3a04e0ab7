from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from spamca.domains.components import Block
from spamca.domains.matching import N_KEPT, Centroids, matched, ward

MEANS = np.array([[0.0, 0], [9, 1], [2, 12], [-7, 5]])


def drawn(rng, shares, shift):
    """Domains, sections and values of sections with these shares of four domains, all but the first shifted."""
    domain = np.concatenate([np.repeat(np.arange(4), share) for share in shares])
    section = np.repeat(np.arange(len(shares)), [sum(share) for share in shares])
    values = MEANS[domain] + rng.normal(size=(len(domain), 2)) + np.outer(section, shift)
    return domain, section, values


@pytest.mark.parametrize("shares", [[[50, 50, 50, 50], [120, 20, 20, 40]], [[60, 60, 60, 0], [0, 60, 60, 60]]])
def test_domains_of_shifted_sections_are_matched(rng, shares):
    domain, section, values = drawn(rng, shares, [20.0, -15])
    alone = np.where(section == 0, domain, (domain + 1) % 4)
    found = matched([Block(values)], section, alone, 4)
    assert len(found) == N_KEPT
    assert adjusted_rand_score(domain, found[0]) == 1


def test_a_domain_that_was_split_in_one_section_is_merged(rng):
    domain, section, values = drawn(rng, [[50, 50, 50, 50], [120, 40, 40, 0]], [20.0, -15])
    alone = domain.copy()
    second = np.flatnonzero((section == 1) & (domain == 0))
    alone[second[: len(second) // 2]] = 3
    assert adjusted_rand_score(domain, matched([Block(values)], section, alone, 4)[0]) == 1


def test_sections_that_share_no_modality_are_linked_through_a_third(rng):
    domain, section, values = drawn(rng, [[50] * 4] * 3, [20.0, -15])
    present = section[:, None] != [2, 1]
    blocks = [Block(values * has[:, None], present=has) for has in present.T]
    found = matched(blocks, section, (domain + section) % 4, 4)[0]
    assert adjusted_rand_score(domain, found) == 1


def test_sections_that_nothing_links_still_get_domains(rng):
    domain, section, values = drawn(rng, [[50] * 4] * 2, [0.0, 0])
    present = section[:, None] != [1, 0]
    found = matched([Block(values * has[:, None], present=has) for has in present.T], section, domain, 4)
    assert all(0 <= part.min() <= part.max() < 4 for part in found)


def test_cheapest_mergers_first():
    centroids = Centroids([np.array([[0.0], [1], [10], [10.5]])], [np.array([4.0, 4, 2, 2])])
    group, cost, merged = ward(centroids, 2)
    assert group[0] == group[1] != group[2] == group[3]
    assert cost == pytest.approx(2 * 1 + 1 * 0.25)
    np.testing.assert_allclose(np.sort(merged.means[0].ravel()), [0.5, 10.25])
    np.testing.assert_allclose(np.sort(merged.sizes[0]), [4, 8])


def test_points_of_one_spot_are_merged_as_scipy_merges_them(rng):
    points = rng.normal(size=(30, 3))
    group, cost, _ = ward(Centroids([points], [np.ones(30)]), 5)
    tree = linkage(points, "ward")
    assert adjusted_rand_score(fcluster(tree, 5, "maxclust"), group) == 1
    assert cost == pytest.approx(np.square(tree[:25, 2]).sum() / 2)


def test_what_is_empty_is_merged_for_nothing():
    group, cost, _ = ward(Centroids([np.array([[0.0], [5], [0]])], [np.array([4.0, 4, 0])]), 2)
    assert cost == 0
    assert group[0] != group[1]
