from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spamca
from spamca.datasets._tissue import grid
from spamca.pl._image import TissueImage
from spamca.pl._section import Section, common_window, find_sections

SPATIAL = grid(16, np.random.default_rng(0))


def section(spatial: np.ndarray, image: TissueImage | None = None) -> Section:
    return Section("a", np.arange(len(spatial)), spatial, image)


def test_diameter_is_that_of_the_record_or_else_found():
    assert section(3 * SPATIAL).diameter == pytest.approx(3)
    assert section(3 * SPATIAL, TissueImage(np.zeros((2, 2)), 1.0, 1.5)).diameter == 1.5
    assert section(3 * SPATIAL, TissueImage(np.zeros((2, 2)), 1.0, None)).diameter == pytest.approx(3)


def test_one_window_holds_all_sections_whatever_their_units():
    wide, high = section(SPATIAL[:8] * 100), section(SPATIAL[SPATIAL[:, 0] < 2])
    assert wide.extent == pytest.approx([5, 3])
    assert high.extent == pytest.approx([3, 5])
    assert common_window([wide, high]) == pytest.approx([5, 5])


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
