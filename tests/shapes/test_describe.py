from __future__ import annotations

import numpy as np
import pytest

from spamca.graph import spatial_graph
from spamca.shapes.describe import composition, describe


def described(coords, labels, n_domains=None):
    graph = spatial_graph(coords, kind="knn", n_neighbors=6).connectivities
    return describe(coords, graph, labels, n_domains or labels.max() + 1)


def test_two_discs_in_a_field(square):
    first = np.hypot(square[:, 0] - 15, square[:, 1] - 15) < 8
    second = np.hypot(square[:, 0] - 42, square[:, 1] - 42) < 4
    labels = (first | second).astype(int)
    found = described(square, labels)
    assert found["n_spots"].tolist() == [3600 - labels.sum(), labels.sum()]
    assert found["share"].sum() == pytest.approx(1)
    assert found["n_pieces"].tolist() == [1, 2]
    assert found["largest_piece"][1] == pytest.approx(first.sum() / labels.sum())
    assert found["area"][1] == pytest.approx(labels.sum(), rel=0.01)
    assert found["purity"].tolist() == pytest.approx([1 - labels.mean(), 1])
    assert 0 < found["n_border_spots"][1] < labels.sum()


def test_a_domain_that_is_not_there(square):
    found = described(square, np.zeros(len(square), dtype=int), 2)
    assert found["n_spots"].tolist() == [3600, 0]
    assert found["area"][1] == found["n_pieces"][1] == 0
    assert np.isnan([found[name][1] for name in ("perimeter", "linearity", "purity", "largest_piece")]).all()


def test_spots_without_a_domain_do_not_count(square):
    labels = np.where(square[:, 0] < 30, 0, -1)
    found = described(square, labels)
    assert found["share"].tolist() == [1]
    assert found["n_border_spots"].tolist() == [0]
    assert found["area"][0] == pytest.approx(1800, rel=0.01)


def test_composition_by_hand():
    parts = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [np.nan, np.nan], [1, 0]], dtype=float)
    share, expected, ratio = composition(parts, np.array([0, 0, 0, 1, 1, -1]), 3)
    np.testing.assert_allclose(share[:2], [[2 / 3, 1 / 3], [0, 1]])
    np.testing.assert_allclose(expected, [0.5, 0.5])
    np.testing.assert_allclose(ratio[0], np.log2([2.5 / 2, 1.5 / 2]))
    assert np.isnan(share[2]).all()
    assert np.isnan(ratio[2]).all()
