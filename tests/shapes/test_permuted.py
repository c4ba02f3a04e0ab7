from __future__ import annotations

import numpy as np

from spamca.graph import spatial_graph
from spamca.shapes.borders import shared_edges
from spamca.shapes.permuted import zscores


def test_halves_avoid_each_other_and_random_labels_do_not(square):
    graph = spatial_graph(square, kind="grid").connectivities
    z, count = zscores(graph, (square[:, 0] < 30).astype(int), 2, 50, 0)
    np.testing.assert_array_equal(count, shared_edges(graph, (square[:, 0] < 30).astype(int), 2))
    assert z[0, 1] < -20
    assert z[0, 0] > 20
    assert abs(zscores(graph, np.random.default_rng(0).integers(0, 2, len(square)), 2, 50, 0)[0][0, 1]) < 4


def test_labels_are_permuted_within_sections(square):
    """Two sections with a domain each: over all spots they would avoid each other, within sections nothing is random."""
    section = (square[:, 0] < 30).astype(int)
    graph = spatial_graph(square, kind="grid", library=section).connectivities
    z, count = zscores(graph, section, 2, 50, 0, section)
    assert count[0, 1] == 0
    assert np.isnan(z).all()


def test_missing_labels_and_domains(square):
    graph = spatial_graph(square, kind="grid").connectivities
    labels = np.where(square[:, 0] < 20, 0, np.where(square[:, 0] < 40, -1, 2))
    z, count = zscores(graph, labels, 3, 50, 0)
    assert np.isnan(z[1]).all()
    assert count[0, 2] == 0
    assert np.isfinite(z[0, 0])
    assert np.isnan(zscores(graph, np.zeros(len(square), dtype=int), 2, 50, 0)[0]).all()
