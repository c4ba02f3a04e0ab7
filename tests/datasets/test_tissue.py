from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from sklearn.neighbors import radius_neighbors_graph

from spamca.datasets._tissue import (
    LAYOUTS,
    PATCHES_PER_DOMAIN,
    PATTERNS,
    draw_domains,
    draw_sections,
    seen_as,
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_spots", [2, 30, 400])
def test_spots_are_as_many_as_asked_and_apart(layout, n_spots):
    spatial = LAYOUTS[layout](n_spots, np.random.default_rng(0))
    assert spatial.shape == (n_spots, 2)
    assert len(np.unique(spatial, axis=0)) == n_spots


@pytest.mark.parametrize(("layout", "n_nearest"), [("grid", 4), ("hexagonal", 6)])
def test_regular_layouts_have_their_nearest_spots_one_unit_away(layout, n_nearest):
    spatial = LAYOUTS[layout](400, np.random.default_rng(0))
    distances = KDTree(spatial).query(spatial, k=n_nearest + 2)[0]
    inside = np.isclose(distances[:, n_nearest], 1)
    assert inside.mean() > 0.7
    assert (distances[:, n_nearest + 1] > 1.4).all()


def test_random_layout_has_one_spot_per_unit_of_area():
    spatial = LAYOUTS["random"](900, np.random.default_rng(0))
    assert np.ptp(spatial, axis=0) == pytest.approx([30, 30], rel=0.02)


def draw(pattern: str, n_spots: int = 1600, n_domains: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    spatial = LAYOUTS["grid"](n_spots, rng)
    return spatial, draw_domains(spatial, n_domains, pattern, rng)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_domains_are_contiguous_patches(pattern, seed):
    spatial, domain = draw(pattern, seed=seed)
    near = radius_neighbors_graph(spatial, 1.1)
    most = PATCHES_PER_DOMAIN if pattern == "blobs" else 1
    for k in range(5):
        members = domain == k
        _, patch = connected_components(near[members][:, members])
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
        near = radius_neighbors_graph(spatial, 1.1).tocoo()
        same = domain[near.row] == domain[near.col]
        near.data = same.astype(float)
        near.eliminate_zeros()
        _, patch = connected_components(near)
        return np.count_nonzero(np.bincount(patch) > 20)

    assert patches(8100) > patches(900)


def test_too_few_spots_raise():
    with pytest.raises(ValueError, match=r"n_spots=6 leaves .* of n_domains=6 without a spot"):
        draw("layers", 6, 6)


def test_every_section_holds_every_domain_and_has_coordinates_of_its_own():
    section, spatial, domain = draw_sections(901, 3, 4, "grid", "blobs", 0)
    assert np.bincount(section).tolist() == [301, 300, 300]
    assert (np.diff(section) >= 0).all()
    for s in range(3):
        assert set(domain[section == s]) == set(range(4))
        assert spatial[section == s].min(axis=0).tolist() == [0, 0]
    assert not np.array_equal(domain[section == 1], domain[section == 2])


@pytest.mark.parametrize("n_modalities", [2, 3, 4])
@pytest.mark.parametrize("n_domains", [3, 4, 5, 8, 13])
def test_no_modality_sees_all_and_together_they_do(n_domains, n_modalities):
    classes = seen_as(n_domains, n_modalities)
    assert classes.shape == (n_domains, n_modalities)
    assert len(np.unique(classes, axis=0)) == n_domains
    for modality in classes.T:
        assert len(np.unique(modality)) == n_domains - n_domains // 2
        assert np.bincount(modality).max() == 2


@pytest.mark.parametrize(("n_domains", "n_modalities"), [(5, 1), (2, 2), (1, 3)])
def test_nothing_is_merged_where_nobody_could_distinguish(n_domains, n_modalities):
    assert (seen_as(n_domains, n_modalities) == np.arange(n_domains)[:, None]).all()
