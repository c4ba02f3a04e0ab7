from __future__ import annotations

import numpy as np
from scipy import sparse

from spamca.shapes.borders import at_border, border_enrichment, pieces, shared_edges


def chain(n):
    path = sparse.diags([np.ones(n - 1)], [1], shape=(n, n))
    return sparse.csr_matrix(path + path.T)


LABELS = np.array([0, 0, 1, 1, 1, 0, 2, -1, 2])


def test_pieces_of_a_chain():
    found = pieces(chain(9), LABELS)
    assert found[7] == -1
    groups = [np.flatnonzero(found == piece).tolist() for piece in range(found.max() + 1)]
    assert sorted(groups) == [[0, 1], [2, 3, 4], [5], [6], [8]]


def test_spots_at_the_border():
    assert np.flatnonzero(at_border(chain(9), LABELS)).tolist() == [1, 2, 4, 5, 6]


def test_edges_between_domains():
    np.testing.assert_array_equal(shared_edges(chain(9), LABELS, 3), [[2, 2, 1], [2, 4, 0], [1, 0, 0]])


def test_enrichment_by_hand():
    edges = np.array([[10, 6, 2], [6, 20, 0], [2, 0, 4]])
    share, ratio = border_enrichment(edges)
    assert np.isnan(np.diag(share)).all()
    np.testing.assert_allclose(share[0, 1:], [6 / 8, 2 / 8])
    by_chance = 26 / (26 + 6)
    np.testing.assert_allclose(ratio[0, 1], np.log2((6 + by_chance) / (9 * by_chance)))
    assert ratio[1, 2] < 0


def test_what_is_not_there_has_no_enrichment():
    share, ratio = border_enrichment(np.array([[4, 0, 0], [0, 6, 2], [0, 2, 2]]))
    assert np.isnan(share[0]).all()
    assert np.isnan(ratio[0]).all()
    assert np.isnan(border_enrichment(np.array([[4, 2, 0], [2, 6, 0], [0, 0, 0]]))[1][:, 2]).all()
