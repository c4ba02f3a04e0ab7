import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains import batch_effects, without_batch_effects
from spamca.domains.shift import section_scales, section_shifts

SHIFT = np.array([[0.0, 0, 0, 0], [3, -2, 0, 1]])


@pytest.fixture
def drawn(rng):
    """Memberships, sections and features of two sections of 400 spots whose three domains have different shares."""
    domain = np.concatenate([rng.choice(3, 400, p=share) for share in ([0.6, 0.3, 0.1], [0.1, 0.2, 0.7])])
    values = 5 * rng.normal(size=(3, 4))[domain] + rng.normal(size=(800, 4))
    return np.eye(3)[domain], np.repeat([0, 1], 400), values


def test_shifts_are_separated_from_the_shares_of_the_domains(drawn):
    member, section, values = drawn
    shifted = values + SHIFT[section]
    found = section_shifts(shifted, member, section)
    np.testing.assert_allclose(found[1] - found[0], SHIFT[1], atol=0.3)
    np.testing.assert_allclose(np.bincount(section) @ found, 0, atol=1e-8)
    assert np.abs(shifted[400:].mean(axis=0) - shifted[:400].mean(axis=0) - SHIFT[1]).max() > 1
    assert np.abs(section_shifts(values, member, section)).max() < 0.2
    member[::2], spoiled = 0, shifted.copy()
    spoiled[::2] = 1e3
    np.testing.assert_allclose(section_shifts(spoiled, member, section), section_shifts(shifted, member, section))


def test_shifts_are_ridge_regression_on_domains_and_sections(drawn):
    """With the weight of a spot on sections and next to none on domains. Without a common domain there is no shift."""
    member, section, values = drawn
    design, penalty = np.hstack([member, np.eye(2)[section]]), np.diag([1e-6] * 3 + [1.0] * 2)
    expected = np.linalg.solve(design.T @ design + penalty, design.T @ values)[3:]
    np.testing.assert_allclose(section_shifts(values, member, section), expected - expected.mean(axis=0), atol=1e-6)
    assert np.abs(section_shifts(values, np.eye(2)[section], section)).max() < 0.1


def test_scales_are_those_of_the_noise(toy, rng):
    """One where nothing varies or no spots are neighbours; spots that lack the modality do not count."""
    adjacency, section = csr_matrix(block_diag([toy.adjacency] * 2)), np.repeat([0, 1], toy.n_spots)
    present, values = rng.random(392) < 0.7, rng.normal(size=(392, 3)) * np.array([1.0, 2.0])[section][:, None]
    for given, has in ((values, None), (values * present[:, None], present)):
        scales = section_scales(given, adjacency, section, has)
        np.testing.assert_allclose(scales[1] / scales[0], 2, rtol=0.2)
    assert (section_scales(np.ones((392, 2)), adjacency, section) == 1).all()
    assert (section_scales(values, csr_matrix((392, 392)), section) == 1).all()


def test_features_without_batch_effects(toy, rng):
    adjacency, section = csr_matrix(block_diag([toy.adjacency] * 2)), np.repeat([0, 1], toy.n_spots)
    domain, present = np.tile(toy.truth, 2), np.column_stack([np.ones(392, dtype=bool), rng.random(392) < 0.8])
    clean = 3 * rng.normal(size=(3, 4))[domain] + rng.normal(size=(392, 4))
    shifted = (clean * np.array([1, 1.5])[section][:, None] + 4 * section[:, None]).astype(np.float32)
    given = [shifted.copy(), np.where(present[:, 1:], shifted, np.nan)]
    effects = batch_effects(given, adjacency, np.eye(3)[domain], section, present)
    found = without_batch_effects(given, effects, section, present)
    for values, has in zip(found, present.T, strict=True):
        assert values.dtype == np.float32
        assert (values[~has] == 0).all()
        for k in range(3):
            apart = [values[has & (section == s) & (domain == k)].mean(axis=0) for s in range(2)]
            assert np.abs(apart[0] - apart[1]).max() < 0.8
    np.testing.assert_array_equal(given[0], shifted)
