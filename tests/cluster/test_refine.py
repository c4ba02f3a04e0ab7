from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from spamca.cluster import Clustering, refine


def sides(unsure):
    posterior = np.repeat([[0.95, 0.05], [0.05, 0.95]], 150, axis=0)
    posterior[unsure] = posterior[unsure, ::-1]
    return Clustering(posterior.argmax(axis=1), posterior, {"a": 1})


def test_lone_spots_follow_their_surroundings(line):
    refined = refine(sides([40, 200]), line)
    np.testing.assert_array_equal(refined.labels, np.repeat([0, 1], 150))
    np.testing.assert_allclose(refined.posterior.sum(axis=1), 1)
    assert refined.record == {"a": 1, "n_refined": 2}


def test_structures_of_several_spots_stay(line):
    before = sides(np.arange(40, 60))
    np.testing.assert_array_equal(refine(before, line).labels, before.labels)


def test_spots_without_neighbours_stay():
    before = sides([40])
    refined = refine(before, csr_matrix((300, 300)))
    np.testing.assert_array_equal(refined.labels, before.labels)
    np.testing.assert_array_equal(refined.posterior, before.posterior)
