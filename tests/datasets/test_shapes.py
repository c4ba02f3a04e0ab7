from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import radius_neighbors_graph

from spamca.datasets._layout import LAYOUTS
from spamca.datasets._shapes import PATCHES_PER_DOMAIN, PATTERNS, draw_domains


def draw(pattern: str, n_spots: int = 1600, n_domains: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    spatial = LAYOUTS["grid"](n_spots, rng)
    return spatial, draw_domains(spatial, n_domains, pattern, rng)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_domains_are_contiguous_patches(pattern, seed):
    spatial, domain = draw(pattern, seed=seed)
    beside = radius_neighbors_graph(spatial, 1.1)
    most = PATCHES_PER_DOMAIN if pattern == "blobs" else 1
    for k in range(5):
        members = domain == k
        _, patch = connected_components(beside[members][:, members])
        # A winding border may cut off a few spots.
        assert np.sort(np.bincount(patch))[-most:].sum() > 0.9 * members.sum()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("n_domains", [1, 2, 5, 12])
def test_every_domain_has_its_share(pattern, n_domains):
    sizes = np.bincount(draw(pattern, n_domains=n_domains)[1], minlength=n_domains)
    assert len(sizes) == n_domains
    assert sizes.min() > 0.25 * 1600 / n_domains


def test_shapes_do_not_depend_on_how_finely_the_tissue_is_sampled():
    coarse, fine = draw("layers", 900)[1].reshape(30, 30), draw("layers", 90_000)[1].reshape(300, 300)
    middle = np.linspace(0, 299, 30).round().astype(int)
    assert np.mean(coarse == fine[np.ix_(middle, middle)]) > 0.9


def test_more_tissue_has_more_patches():
    def patches(n_spots: int) -> int:
        spatial, domain = draw("blobs", n_spots)
        beside = radius_neighbors_graph(spatial, 1.1).tocoo()
        same = domain[beside.row] == domain[beside.col]
        beside.data = same.astype(float)
        beside.eliminate_zeros()
        _, patch = connected_components(beside)
        return np.count_nonzero(np.bincount(patch) > 20)

    assert patches(8100) > patches(900)


def test_too_few_spots_raise():
    with pytest.raises(ValueError, match=r"n_spots=6 leaves .* of n_domains=6 without a spot"):
        draw("layers", 6, 6)
