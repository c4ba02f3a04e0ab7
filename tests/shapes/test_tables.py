from __future__ import annotations

import numpy as np
import pytest

from spamca.graph import spatial_graph
from spamca.shapes.tables import Domains, composition_table, domain_table, neighbor_table


@pytest.fixture
def two(square):
    """Two sections on the same coordinates, joined by an edge that does not count: domain ``b`` has 20 and 40 columns of spots."""
    coords = np.concatenate([square, square])
    section = np.repeat([0, 1], len(square))
    graph = spatial_graph(coords, kind="grid", library=section).connectivities.tolil()
    graph[0, len(square)] = graph[len(square), 0] = 1
    labels = (coords[:, 0] < np.where(section, 40, 20)).astype(int)
    return coords, Domains(labels, ["a", "b"], section, ["one", "two"], graph.tocsr())


def test_rows_are_sections_and_domains(two):
    coords, tissue = two
    table = domain_table(tissue, coords, {"confidence": np.where(tissue.labels == 1, 0.75, np.nan)})
    assert table[["section", "domain"]].astype(str).apply("/".join, axis=1).tolist() == [
        "one/a",
        "one/b",
        "two/a",
        "two/b",
    ]
    np.testing.assert_allclose(table["share"], [2 / 3, 1 / 3, 1 / 3, 2 / 3])
    np.testing.assert_array_equal(table["confidence"], [np.nan, 0.75, np.nan, 0.75])
    assert table["n_border_spots"].tolist() == [60] * 4


def test_neighbors_do_not_cross_sections(two):
    table, (z, count) = neighbor_table(two[1], 20, 0)
    assert table["n_edges"].tolist() == [60] * 4
    assert table["share"].tolist() == [1] * 4
    assert count[0, 1] == 120
    assert (table["zscore"] < -10).all()
    assert z[0, 1] < -10


def test_composition(two):
    parts = np.zeros((len(two[0]), 2))
    parts[np.arange(len(parts)), two[1].labels] = 1
    table = composition_table(two[1], parts, ["left", "right"])
    assert table["category"].tolist() == ["left", "right"] * 4
    assert table["share"].tolist() == [1, 0, 0, 1] * 2
    np.testing.assert_allclose(table["expected"][:2], [2 / 3, 1 / 3])
    assert table["log2_enrichment"][0] == pytest.approx(np.log2(3 / 2), abs=0.01)
