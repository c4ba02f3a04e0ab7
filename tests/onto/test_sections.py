"""Sections, each on its own."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.onto import Affine, from_matrix, joined

HALF = from_matrix(np.array([[0.5, 0, 0], [0, 0.5, 0]]))


def test_only_points_of_the_same_section_count():
    at = np.array([[0.0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]])
    spots, points = np.vstack([at, at]), np.vstack([at, 2 * at])  # the second in half units
    section = np.repeat(["b", "a"], 6)
    found = joined(
        spots, points, section, section, {"a": HALF, "b": Affine(np.eye(3))}, method="nearest", max_distance=None
    )
    np.testing.assert_array_equal(found.shares.divided.toarray(), np.eye(12))
    np.testing.assert_array_equal(found.points, spots)
    assert found.table.index.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found.maps, [HALF.matrix, np.eye(3)])
    assert found.table["n_covered"].tolist() == [6, 6]


def test_the_distance_is_from_both_spacings():
    at = np.random.default_rng(0).uniform(0, 30, size=(900, 2))
    where = np.full(900, "all")
    found = joined(
        at, at[::4], where, where[::4], {"all": Affine(np.eye(3))}, method="area", max_distance=None
    ).table.iloc[0]
    assert found["max_distance"] == pytest.approx(found["point_spacing"] + found["spot_spacing"] / 2)
    assert found["point_spacing"] == pytest.approx(2, rel=0.1)
    given = joined(at, at[::4], where, where[::4], {"all": Affine(np.eye(3))}, method="area", max_distance=0.1)
    assert given.table["max_distance"].item() == 0.1
    near = np.linalg.norm(at[:, None] - at[None, ::4], axis=-1).min(axis=1) <= 0.1
    np.testing.assert_array_equal(given.shares.covered, near)


def test_a_section_without_points_or_spots():
    at = np.random.default_rng(0).uniform(0, 5, size=(25, 2))
    spot, point = np.repeat(["a", "b"], [20, 5]), np.repeat(["a", "c"], [20, 5])
    found = joined(at, at, spot, point, dict.fromkeys("ac", Affine(np.eye(3))), method="area", max_distance=None)
    assert found.shares.covered.tolist() == [True] * 20 + [False] * 5
    assert found.table.loc["c", "n_spots"] == 0
    assert np.isinf(found.shares.distance[20:]).all()
