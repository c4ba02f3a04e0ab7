"""Features of the patches around spots."""

from __future__ import annotations

import numpy as np
import pytest

from spamca.pictures import around, from_array, together

COORDS = np.array([[5.0, 5], [15, 5], [5, 15], [40, 5]])  # the last one lies outside


@pytest.fixture
def picture():
    """20 x 20 units at two pixels each: the value of a pixel is that of its column."""
    return from_array(np.tile(np.arange(40, dtype=np.uint8), (40, 1)), scale=2)


def brightness(patches):
    return patches.mean(axis=(1, 2)), ["brightness"]


def test_means_of_patches_by_row(picture):
    found = around(picture, np.array([7, 3, 9, 1]), COORDS, 5.0, None, brightness)
    values, names, rows = together([found], COORDS)
    assert found.side == 10
    assert names == ["brightness"]
    assert rows.tolist() == [3, 7, 9]
    np.testing.assert_allclose(255 * values.ravel(), [29.5, 9.5, 9.5], rtol=1e-5)


@pytest.mark.parametrize(("at", "n_over"), [(2.5, 0), (2.4, 1), (17.5, 0), (17.6, 1)])
def test_patches_over_the_edge_are_counted(picture, at, n_over, caplog):
    with caplog.at_level("INFO", logger="spamca"):
        around(picture, np.arange(1), np.array([[10.0, at]]), 5.0, None, brightness)
    assert (f"patches of {n_over} reach" in caplog.text) == bool(n_over)


def test_sections_need_the_same_channels(picture):
    one = around(picture, np.arange(4), COORDS, 5.0, None, brightness)
    two = around(picture, np.arange(4, 8), COORDS, 5.0, None, lambda patches: (np.ones((len(patches), 2)), []))
    with pytest.raises(ValueError, match=r"different numbers of features, \[1, 2\]"):
        together([one, two], COORDS)


def test_no_spot_in_the_image(picture):
    with pytest.raises(ValueError, match="no spot lies in the image"):
        together([around(picture, np.arange(4), COORDS + 90, 5.0, None, brightness)], COORDS)
