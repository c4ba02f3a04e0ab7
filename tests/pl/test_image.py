from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import spamca
from spamca.pl._image import tissue_image


@pytest.fixture
def mdata():
    return spamca.datasets.simulated(n_spots=30, n_domains=2, n_features=3)


def record(**images: np.ndarray) -> dict:
    factors = {f"tissue_{name}_scalef": 0.5 if name == "hires" else 0.1 for name in images}
    return {"images": images, "scalefactors": factors | {"spot_diameter_fullres": 0.7}}


def test_there_may_be_none(mdata):
    assert tissue_image(mdata) is None
    mdata.uns["spatial"] = {"s": {"images": {}, "scalefactors": {}}}
    assert tissue_image(mdata) is None
    mdata.uns["spatial"] = {"s": "nothing"}
    assert tissue_image(mdata) is None
    mdata.uns["spatial"] = "nothing"
    assert tissue_image(mdata) is None


def test_best_resolution_with_its_scale(mdata):
    high, low = np.zeros((4, 6, 3)), np.ones((2, 3, 3))
    mdata.uns["spatial"] = {"s": record(lowres=low, hires=high)}
    found = tissue_image(mdata)
    assert found.pixels is high
    assert (found.scale, found.spot_diameter) == (0.5, 0.7)
    mdata.uns["spatial"] = {"s": record(lowres=low)}
    assert tissue_image(mdata).scale == 0.1


def test_a_modality_may_hold_it(mdata):
    mdata["protein"].uns["spatial"] = {"s": record(hires=np.zeros((4, 6, 3)))}
    assert tissue_image(mdata) is not None
    assert tissue_image(mdata, "s") is not None


def test_sections_have_their_own(mdata):
    first, second = np.zeros((4, 6, 3)), np.ones((4, 6, 3))
    mdata.uns["spatial"] = {"a": record(hires=first), "b": record(hires=second)}
    assert tissue_image(mdata, "b").pixels is second
    assert tissue_image(mdata, "c") is None
    assert tissue_image(mdata) is None


def test_size_of_a_spot_need_not_be_known(mdata):
    mdata.uns["spatial"] = {"s": {"images": {"hires": np.zeros((2, 2))}, "scalefactors": {"tissue_hires_scalef": 1}}}
    assert tissue_image(mdata).spot_diameter is None


def test_drawn_in_units_of_the_coordinates(mdata):
    mdata.uns["spatial"] = {"s": record(hires=np.zeros((4, 6, 3)))}
    ax = plt.figure().add_subplot()
    tissue_image(mdata).draw(ax)
    assert ax.images[0].get_extent() == [0, 12, 8, 0]
