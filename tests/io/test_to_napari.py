"""What napari-spatialdata makes layers of, read back from Zarr; and the viewer, with a stand-in for napari where there is none."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import spatialdata
from matplotlib.colors import to_rgba

import spamca
from spamca.io._to_napari import elements, spot_colors

# spatialdata's and zarr's own
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*autosharding:UserWarning"
)


class Interactive:
    """What napari-spatialdata's viewer does: layers of circles in the order of the element."""

    def __init__(self, sdata, *, headless):
        assert headless
        self.sdata, self.layers, self.ran = sdata, {}, False

    def add_element(self, element, system, *, view_element_system):
        assert view_element_system
        assert system == "global"
        held = self.sdata[element]
        indices = list(held.index) if element in self.sdata.shapes else []
        self.layers[element] = SimpleNamespace(metadata={"indices": indices}, face_color=None)

    def get_layer(self, name):
        return self.layers.get(name)

    def run(self):
        self.ran = True


@pytest.fixture
def napari(monkeypatch):
    qt = SimpleNamespace(processEvents=lambda: None)
    for name, held in {
        "napari_spatialdata": {"Interactive": Interactive},
        "qtpy": {},
        "qtpy.QtWidgets": {"QApplication": qt},
    }.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)


def expected_colors(mdata):
    by_name = dict(zip(mdata.obs["spamca"].cat.categories, mdata.uns["spamca_colors"], strict=True))
    return np.array([to_rgba(by_name[name]) for name in mdata.obs["spamca"]])


def test_layers_read_back(integrated, tmp_path):
    made = spamca.io.to_spatialdata(integrated)
    made.write(tmp_path / "tissue.zarr")
    for sdata in (made, spatialdata.read_zarr(tmp_path / "tissue.zarr")):
        table = sdata["spamca"]
        assert list(elements(sdata, table)) == [("spots", "global")]
        assert table.uns["spatialdata_attrs"]["region"] == "spots"
        assert isinstance(table.obs["spamca"].dtype, pd.CategoricalDtype)
        # napari-spatialdata takes an array only
        assert table.uns["spamca_colors"].tolist() == integrated.uns["spamca_colors"]
        assert sdata["rna"].uns["spamca_colors"].tolist() == integrated["rna"].uns["spamca_colors"]
        found = spot_colors(table, "spamca", "spots", sdata["spots"].index)
        np.testing.assert_allclose(found, expected_colors(integrated))
        for column in ("spamca_confidence", "rna_spamca_weight"):
            assert column in table.obs


def test_viewer(integrated, napari):
    image = np.zeros((20, 30, 3), dtype=np.uint8)
    integrated.uns["spatial"] = {"a": {"images": {"hires": image}, "scalefactors": {"tissue_hires_scalef": 0.5}}}
    viewer = spamca.io.to_napari(integrated)
    assert viewer.ran
    assert list(viewer.layers) == ["a_hires_image", "spots"]
    assert list(viewer.sdata["a_hires_image"].coords["c"].to_numpy()) == ["r", "g", "b"]
    np.testing.assert_allclose(viewer.layers["spots"].face_color, expected_colors(integrated))
    assert not spamca.io.to_napari(integrated, show=False).ran


def test_spots_in_any_order_and_without_domain(integrated):
    table = spamca.io.to_spatialdata(integrated)["spamca"]
    table.obs["spamca"] = table.obs["spamca"].cat.set_categories(["1", "0"])
    table.uns["spamca_colors"] = np.array(["#ff0000", "#00ff00"])
    names = [integrated.obs_names[integrated.obs["spamca"] == name][0] for name in ("0", "2", "1")]
    found = spot_colors(table, "spamca", "spots", [*names, "unknown"])
    np.testing.assert_allclose(found, [to_rgba(color) for color in ("#00ff00", "#dddddd", "#ff0000", "#dddddd")])


def test_results_of_the_users_own_object(two_tables, napari):
    mdata = spamca.io.from_spatialdata(two_tables)
    mdata.obs["a:b"] = pd.Categorical(np.arange(mdata.n_obs) % 2)
    mdata.uns["a:b_colors"] = ["#ff0000", "#00ff00"]
    viewer = spamca.io.to_napari(mdata, two_tables, color="a:b", show=False)
    found = viewer.layers["spots"].face_color
    assert found.shape == (225, 4)
    assert {tuple(color) for color in found} >= {to_rgba("#ff0000"), to_rgba("#00ff00")}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"color": "x"}, KeyError, "color='x' is not a column of mdata.obs"),
        ({"color": 3}, TypeError, "color must be a string, got 3"),
        ({"color": "spamca_confidence"}, ValueError, "color='spamca_confidence' must have categories"),
        ({"show": 1}, TypeError, "show must be True or False, got 1"),
    ],
)
def test_bad_arguments_are_named(integrated, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.io.to_napari(integrated, **arguments)


def test_the_package_is_asked_for(integrated, monkeypatch):
    monkeypatch.setitem(sys.modules, "napari_spatialdata", None)
    with pytest.raises(ImportError, match=r"pip install 'spamca\[napari\]'"):
        spamca.io.to_napari(integrated)
