from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.cluster.to_number import to_number


def test_merges_what_is_most_similar(blobs):
    points, truth = blobs
    finer = truth * 2 + (np.arange(300) % 2)
    merged = to_number(points, finer, 3)
    assert adjusted_rand_score(truth, merged) == 1
    assert set(merged) == {0, 1, 2}


def test_splits_the_widest():
    points = np.array([0.0, 0.1, 10, 10.1, 50, 50.1])[:, None]
    split = to_number(points, np.array([0, 0, 0, 0, 1, 1]), 3)
    assert adjusted_rand_score([0, 0, 1, 1, 2, 2], split) == 1


def test_right_number_is_left_alone(blobs):
    np.testing.assert_array_equal(to_number(blobs[0], blobs[1], 3), blobs[1])


def test_coinciding_points_cannot_be_split():
    assert to_number(np.repeat(np.eye(2), 3, axis=0), np.repeat([0, 1], 3), 5).max() == 1
