from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spamca
from spamca.datasets._tissue import grid
from spamca.pl._image import TissueImage, tissue_image
from spamca.pl._section import Section, find_sections

SPATIAL = grid(16, np.random.default_rng(0))


def section(spatial: np.ndarray, image: TissueImage | None = None) -> Section:
    return Section("a", np.arange(len(spatial)), spatial, image)


def test_diameter_is_that_of_the_record_or_else_found():
    assert section(3 * SPATIAL).diameter == pytest.approx(3)
    assert section(3 * SPATIAL, TissueImage(np.zeros((2, 2)), 1.0, 1.5)).diameter == 1.5
    assert section(3 * SPATIAL, TissueImage(np.zeros((2, 2)), 1.0, None)).diameter == pytest.approx(3)


def test_sections_have_their_spots_and_images():
    mdata = spamca.datasets.simulated(n_spots=40, n_domains=2, n_features=3)
    record = {"images": {"hires": np.zeros((2, 2, 3))}, "scalefactors": {"tissue_hires_scalef": 1.0}}
    mdata.uns["spatial"] = {"b": record}
    mdata.obs["section"] = np.where(np.arange(40) % 4 == 0, "b", "a")
    a, b = find_sections(mdata, mdata.obsm["spatial"], "section", image=True)
    assert (a.name, len(a.rows), a.image) == ("a", 30, None)
    assert b.rows.tolist() == list(range(0, 40, 4))
    assert (b.spatial == mdata.obsm["spatial"][::4]).all()
    assert b.image is not None
    (whole,) = find_sections(mdata, mdata.obsm["spatial"], None, image=False)
    assert (whole.name, len(whole.rows), whole.image) == (None, 40, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["day 10", "day 2", "day 2"], ["day 10", "day 2"]),
        (pd.Categorical(["day 10", "day 2", "day 2"], categories=["day 2", "day 5", "day 10"]), ["day 2", "day 10"]),
        ([10, 9, 9], ["9", "10"]),
    ],
)
def test_sections_come_in_the_order_of_their_categories(values, expected):
    mdata = spamca.datasets.simulated(n_spots=30, n_domains=2, n_features=3)
    mdata.obs["section"] = pd.Series(values, index=mdata.obs_names[:3]).reindex(mdata.obs_names, fill_value=values[2])
    assert [section.name for section in find_sections(mdata, mdata.obsm["spatial"], "section", image=False)] == expected


def test_sections_that_no_column_holds_together_are_sorted():
    mdata = spamca.datasets.simulated(n_spots=30, n_domains=2, n_features=3)
    mdata["rna"].obs["section"] = pd.Categorical([None] * 10 + ["c"] * 10 + ["a"] * 10, categories=["c", "a"])
    mdata["protein"].obs["section"] = ["b"] * 10 + [None] * 20
    found = find_sections(mdata, mdata.obsm["spatial"], "section", image=False)
    assert [section.name for section in found] == ["a", "b", "c"]


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


@pytest.mark.parametrize(("factor", "alike"), [(1, True), (2, True), (10, False)])
def test_sections_in_the_same_units_are_drawn_at_one_scale(factor, alike):
    mdata = spamca.datasets.simulated(n_spots=48, n_domains=2, n_features=3)
    mdata.obs["section"] = np.repeat(["a", "b", "c"], 16)
    spatial = np.concatenate([SPATIAL, SPATIAL, SPATIAL * factor])
    diameters = [one.diameter for one in find_sections(mdata, spatial, "section", image=False)]
    assert diameters == pytest.approx([1, 1, 1 if alike else factor])


@pytest.mark.parametrize("holder", ["mdata", "protein"])
@pytest.mark.parametrize("sections", [False, True])
def test_an_image_lies_under_the_coordinates_it_was_read_with(mdata, caplog, holder, sections):
    image = {"s": record(hires=np.zeros((4, 6, 3)))}
    (mdata if holder == "mdata" else mdata[holder]).uns["spatial"] = image
    mdata.obsm["turned"] = mdata.obsm["spatial"][:, ::-1].copy()
    mdata.obs["section"] = "s"
    options = {"library_key": "section"} if sections else {}

    def images(**more) -> int:
        return len(np.ravel(spamca.pl.spatial_clusters(mdata, color="label", **options, **more))[0].images)

    with caplog.at_level("INFO", logger="spamca"):
        assert images() == 1
        assert images(img=False) == images(img=False, spatial_key="turned") == 0
        assert "no image is drawn" not in caplog.text
        assert images(spatial_key="turned") == 0
    assert caplog.text.count("spatial_clusters: no image is drawn under spatial_key='turned', it lies under") == 1
    assert images(spatial_key="turned", img=True) == 1


def test_nothing_is_said_of_an_image_that_is_not_there(mdata, caplog):
    mdata.obsm["turned"] = mdata.obsm["spatial"]
    mdata.uns["spatial"] = {"s": {"images": {}}, "t": "nothing"}
    with caplog.at_level("INFO", logger="spamca"):
        spamca.pl.spatial_clusters(mdata, color="label", spatial_key="turned")
    assert "no image" not in caplog.text
