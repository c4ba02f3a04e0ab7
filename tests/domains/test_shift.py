from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains import without_batch_effects
from spamca.domains.shift import section_scales, section_shifts

SHARES = [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]]
"""Of three domains in two sections: their means differ without any shift."""


@pytest.fixture
def drawn(rng):
    """Domains, sections and features of two sections of 400 spots whose domains have different shares."""
    domain = np.concatenate([rng.choice(3, 400, p=share) for share in SHARES])
    section = np.repeat([0, 1], 400)
    values = 5 * rng.normal(size=(3, 4))[domain] + rng.normal(size=(800, 4))
    return domain, section, values


def test_a_shift_is_separated_from_the_shares_of_the_domains(drawn):
    domain, section, values = drawn
    shift = np.array([[0.0, 0, 0, 0], [3, -2, 0, 1]])
    member = np.eye(3)[domain]
    found = section_shifts(values + shift[section], member, section)
    np.testing.assert_allclose(found[1] - found[0], shift[1], atol=0.3)
    np.testing.assert_allclose(np.bincount(section) @ found, 0, atol=1e-8)
    means = [(values + shift[section])[section == s].mean(axis=0) for s in range(2)]
    assert np.abs(means[1] - means[0] - shift[1]).max() > 1


def test_where_there_is_no_shift_none_is_found(drawn):
    domain, section, values = drawn
    assert np.abs(section_shifts(values, np.eye(3)[domain], section)).max() < 0.2


def test_sections_without_a_common_domain_have_no_shift(rng):
    section = np.repeat([0, 1], 200)
    values = np.where(section[:, None] == 0, 4.0, -4.0) + rng.normal(size=(400, 2))
    assert np.abs(section_shifts(values, np.eye(2)[section], section)).max() < 0.1


def test_spots_that_are_left_out_do_not_count(drawn):
    domain, section, values = drawn
    member = np.eye(3)[domain]
    member[::2] = 0
    spoiled = values.copy()
    spoiled[::2] = 1e3
    np.testing.assert_allclose(section_shifts(spoiled, member, section), section_shifts(values, member, section))


def test_scales_are_those_of_the_noise(toy, rng):
    adjacency = csr_matrix(block_diag([toy.adjacency, toy.adjacency]))
    section = np.repeat([0, 1], toy.n_spots)
    values = rng.normal(size=(2 * toy.n_spots, 3)) * np.array([1.0, 2.0])[section][:, None]
    scales = section_scales(values, adjacency, section)
    np.testing.assert_allclose(scales[1] / scales[0], 2, rtol=0.15)
    assert (scales[0] < 1).all()
    assert (scales[1] > 1).all()


def test_scales_of_what_does_not_vary_or_has_no_neighbours_are_one(toy):
    section = np.repeat([0, 1], toy.n_spots // 2)
    assert (section_scales(np.ones((toy.n_spots, 2)), toy.adjacency, section) == 1).all()
    values = np.random.default_rng(0).normal(size=(toy.n_spots, 2))
    assert (section_scales(values, csr_matrix(toy.adjacency.shape), section) == 1).all()


def test_spots_that_lack_the_modality_do_not_count_in_its_scale(toy, rng):
    section = np.repeat([0, 1], toy.n_spots // 2)
    present = rng.random(toy.n_spots) < 0.7
    values = rng.normal(size=(toy.n_spots, 2)) * present[:, None]
    spoiled = np.where(present[:, None], values, 0.0)
    found = section_scales(spoiled, toy.adjacency, section, present)
    assert (np.abs(np.log(found)) < 0.2).all()


def test_features_without_batch_effects(toy, rng):
    adjacency = csr_matrix(block_diag([toy.adjacency, toy.adjacency]))
    section, domain = np.repeat([0, 1], toy.n_spots), np.tile(toy.truth, 2)
    present = np.column_stack([np.ones(len(section), dtype=bool), rng.random(len(section)) < 0.8])
    clean = 3 * rng.normal(size=(3, 4))[domain] + rng.normal(size=(len(section), 4))
    shifted = (clean * np.array([1, 1.5])[section][:, None] + 4 * section[:, None]).astype(np.float32)
    given = [shifted, np.where(present[:, 1:], shifted, np.nan)]
    found = without_batch_effects(given, adjacency, np.eye(3)[domain], section, present)
    for values, has in zip(found, present.T, strict=True):
        assert values.dtype == np.float32
        assert (values[~has] == 0).all()
        for k in range(3):
            apart = [values[has & (section == s) & (domain == k)].mean(axis=0) for s in range(2)]
            assert np.abs(apart[0] - apart[1]).max() < 0.8
    assert np.abs(given[0][section == 0].mean(axis=0) - given[0][section == 1].mean(axis=0)).min() > 2
