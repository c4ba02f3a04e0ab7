import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from spamca.domains.components import Block
from spamca.domains.matching import N_KEPT, Centroids, matched, ward


def drawn(rng, *shares):
    """Domains, sections and values of sections with these shares of four domains, all but the first shifted."""
    domain = np.concatenate([np.repeat(np.arange(4), share) for share in shares])
    section = np.repeat(np.arange(len(shares)), np.sum(shares, axis=1))
    means = np.array([[0.0, 0], [9, 1], [2, 12], [-7, 5]])
    return domain, section, means[domain] + rng.normal(size=(len(domain), 2)) + np.outer(section, [20.0, -15])


@pytest.mark.parametrize("second", [[120, 20, 20, 40], [0, 60, 60, 60], [120, 40, 40, 0]])
def test_domains_of_shifted_sections_are_matched(rng, second):
    """Also where the second section splits its first domain in place of one that it lacks."""
    domain, section, values = drawn(rng, [50, 50, 50, 50], second)
    alone = np.where(section == 0, domain, (domain + 1) % 4)
    if not second[3]:
        alone[200:260] = 0
    found = matched([Block(values)], section, alone, 4)
    assert len(found) == N_KEPT
    assert adjusted_rand_score(domain, found[0]) == 1


def test_sections_that_share_no_modality_are_linked_through_a_third(rng):
    """Without one they still get domains."""
    domain, section, values = drawn(rng, *[[50] * 4] * 3)
    present = section[:, None] != [2, 1]
    blocks = [Block(values * has[:, None], present=has) for has in present.T]
    assert adjusted_rand_score(domain, matched(blocks, section, (domain + section) % 4, 4)[0]) == 1
    rest = np.flatnonzero(section)
    found = matched([block.take(rest) for block in blocks], section[rest] - 1, domain[rest], 4)
    assert all(0 <= part.min() <= part.max() < 4 for part in found)


def test_cheapest_mergers_first_as_scipy_has_it_and_what_is_empty_for_nothing(rng):
    group, cost, merged = ward(Centroids([np.array([[0.0], [1], [10], [10.5]])], [np.array([4.0, 4, 2, 2])]), 2)
    assert group[0] == group[1] != group[2] == group[3]
    assert cost == pytest.approx(2 * 1 + 1 * 0.25)
    np.testing.assert_allclose(np.sort([*merged.means[0].ravel(), *merged.sizes[0]]), [0.5, 4, 8, 10.25])
    group, cost, _ = ward(Centroids([np.array([[0.0], [5], [0]])], [np.array([4.0, 4, 0])]), 2)
    assert cost == 0
    assert group[0] != group[1]
    points = rng.normal(size=(30, 3))
    group, cost, _ = ward(Centroids([points], [np.ones(30)]), 5)
    tree = linkage(points, "ward")
    assert adjusted_rand_score(fcluster(tree, 5, "maxclust"), group) == 1
    assert cost == pytest.approx(np.square(tree[:25, 2]).sum() / 2)
