"""Circles for spots."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.io._spots import circles, radius


def test_circles(tissue):
    shapes = circles(tissue, tissue.obsm["spatial"])
    assert list(shapes.index) == list(tissue.obs_names)
    assert shapes["radius"].unique() == pytest.approx([0.5], abs=0.1)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"a": {"scalefactors": {}}, "b": {}},
        {"a": {"images": {}}},
        {"a": 3},
        3,
    ],
)
def test_radius_by_distance(tissue, record):
    tissue.uns["spatial"] = record
    coords = np.array([[0, 0], [0, 4], [0, 8], [0, 8], [4, 0]])
    assert radius(tissue, coords) == 2


def test_radius_as_noted(tissue):
    tissue.uns["spatial"] = {"a": {"scalefactors": {"spot_diameter_fullres": 30}}}
    assert radius(tissue, tissue.obsm["spatial"]) == 15


def test_all_on_one_point(tissue):
    assert radius(tissue, np.ones((4, 2))) == 0.5
