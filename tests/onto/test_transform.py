"""Maps of the plane."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.onto import Affine, from_landmarks, from_matrix

AFFINE = np.array([[1.5, -0.4, 30.0], [0.2, 0.7, -5.0]])
TURN = np.array([[0.0, -3.0, 7.0], [3.0, 0.0, 1.0]])  # a quarter, three times as large


def moved(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.fixture
def marks():
    return np.random.default_rng(0).normal(scale=1e4, size=(6, 2))


@pytest.mark.parametrize("matrix", [AFFINE, np.vstack([AFFINE, [0, 0, 1]])], ids=["2x3", "3x3"])
def test_matrix(marks, matrix):
    np.testing.assert_allclose(from_matrix(matrix)(marks), moved(AFFINE, marks))


def test_identity(marks):
    np.testing.assert_array_equal(Affine(np.eye(3))(marks), marks)
    assert np.isnan(Affine(np.eye(3)).residual)


@pytest.mark.parametrize("n", [3, 6])
def test_affine_landmarks_are_met(marks, n):
    found = from_landmarks(marks[:n], moved(AFFINE, marks[:n]), "affine")
    np.testing.assert_allclose(found.matrix[:2], AFFINE, atol=1e-6)
    assert found.residual < 1e-6


@pytest.mark.parametrize("n", [2, 3, 6])
def test_similar_landmarks_are_met(marks, n):
    found = from_landmarks(marks[:n], moved(TURN, marks[:n]), "similarity")
    np.testing.assert_allclose(found.matrix[:2], TURN, atol=1e-6)


def test_a_similarity_may_reflect(marks):
    mirrored = moved(TURN, marks) * [1, -1]
    found = from_landmarks(marks, mirrored, "similarity")
    np.testing.assert_allclose(found(marks), mirrored, atol=1e-6)


def test_the_residual_is_the_root_mean_square_distance():
    source = np.array([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    target = source + np.array([[0, 1], [0, -1], [0, -1], [0, 1]])  # no affine map bends so
    found = from_landmarks(source, target, "affine")
    np.testing.assert_allclose(found.matrix, np.eye(3), atol=1e-9)
    assert found.residual == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0, 0], [0, np.nan, 0]], "finite"),
        ([[1, 0, 0], [0, 1, 0], [0.1, 0, 1]], "last row"),
        ([[1, 2, 0], [2, 4, 0]], "onto a line"),
        ([[0, 0, 3], [0, 0, 1]], "onto a line"),
    ],
    ids=["nan", "projective", "singular", "zero"],
)
def test_no_affine_map(matrix, message):
    with pytest.raises(ValueError, match=message):
        from_matrix(np.array(matrix, dtype=float))


def test_landmarks_that_leave_the_map_open(marks):
    with pytest.raises(ValueError, match="landmarks='similarity'"):
        from_landmarks(marks[:2], marks[:2], "affine")
    with pytest.raises(ValueError, match="at least 2 pairs"):
        from_landmarks(marks[[0, 0]], marks[[0, 0]], "similarity")
    line = np.outer(np.arange(4.0), [1, 2])
    with pytest.raises(ValueError, match="on one line"):
        from_landmarks(line, line, "affine")
    with pytest.raises(ValueError, match="finite"):
        from_landmarks(marks, marks * np.inf, "affine")
