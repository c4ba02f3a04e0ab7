from __future__ import annotations

import numpy as np
import pytest

from spamca.datasets import simulated
from spamca.datasets._sections import draw_sections


def test_every_section_holds_every_domain_and_has_coordinates_of_its_own():
    section, spatial, domain = draw_sections(901, 3, 4, "grid", "blobs", 0)
    assert np.bincount(section).tolist() == [301, 300, 300]
    assert (np.diff(section) >= 0).all()
    for s in range(3):
        assert set(domain[section == s]) == set(range(4))
        assert spatial[section == s].min(axis=0).tolist() == [0, 0]
    assert not np.array_equal(domain[section == 1], domain[section == 2])


def test_features_are_shifted_section_by_section():
    given = {"n_spots": 800, "n_sections": 2, "n_domains": 2, "difficulty": 0.0, "n_features": 30}
    same, shifted = (simulated(batch_effect=effect, means=True, **given) for effect in (0.0, 1.0))
    assert (same.obs["label"] == shifted.obs["label"]).all()
    assert same.obs["section"].cat.categories.tolist() == ["section 1", "section 2"]
    fold = np.log(shifted["rna"].layers["mean"] / same["rna"].layers["mean"])
    section = same.obs["section"].cat.codes.to_numpy()
    for s in range(2):
        own = fold[section == s]
        np.testing.assert_allclose(own, np.broadcast_to(own[0], own.shape), atol=1e-3)
        assert 0.5 < own[0].std() < 1.5
    assert np.abs(fold[section == 0][0] - fold[section == 1][0]).max() > 0.5
    assert shifted.uns["simulation"]["batch_effect"] == 1.0


def test_one_section_is_as_it_was():
    one = simulated(n_spots=200, n_domains=3, n_features=10)
    other = simulated(n_spots=200, n_domains=3, n_features=10, n_sections=1, batch_effect=5.0)
    assert "section" not in one.obs
    assert "n_sections" not in one.uns["simulation"]
    assert (one["rna"].X != other["rna"].X).nnz == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"n_sections": 0}, "n_sections"), ({"batch_effect": -1.0}, "batch_effect"), ({"n_sections": 200}, "n_spots")],
)
def test_what_cannot_be_drawn_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        simulated(n_spots=300, **wrong)
