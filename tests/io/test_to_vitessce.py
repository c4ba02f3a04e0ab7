"""The folder for Vitessce: its store read back, and a view config that names what is there."""

from __future__ import annotations

import json
import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from mudata import MuData
from sklearn.feature_selection import f_classif

import spamca
from spamca.io import _vitessce_store as store
from spamca.io import _vitessce_view as view

# anndata's and zarr's own
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def vitessce():
    """The package, where it is installed."""
    try:
        return view.imported()
    except ImportError:
        pytest.skip("needs the package vitessce")


def test_store_and_config(integrated, tmp_path, vitessce, assert_same):
    spamca.tl.trajectory(integrated, root="0")
    before = integrated.copy()
    config = spamca.io.to_vitessce(integrated, tmp_path / "out", n_features=5, name="a <tissue>")
    assert_same(before, integrated)
    assert isinstance(config, vitessce.VitessceConfig)
    table = ad.read_zarr(tmp_path / "out" / "tissue.zarr")
    assert list(table.obs_names) == list(integrated.obs_names)
    assert list(table.obs["spamca"]) == list(integrated.obs["spamca"])
    np.testing.assert_array_equal(table.obsm["spatial"], integrated.obsm["spatial"].astype(np.float32))
    assert table.obsm["embedding"].shape == (225, 2)
    numbers = ["spamca_confidence", "rna:spamca_weight", "protein:spamca_weight", "spamca_pseudotime"]
    assert list(table.var_names[:4]) == numbers
    assert table.n_vars == 4 + 5 + 5
    np.testing.assert_allclose(table[:, numbers].X, integrated.obs[numbers].to_numpy(), rtol=1e-6)
    read = json.loads((tmp_path / "out" / "vitessce.json").read_text())
    (file,) = read["datasets"][0]["files"]
    assert file["url"] == "tissue.zarr"
    for path in re.findall(r'"path": "([^"]*)"', json.dumps(file["options"])):
        assert (tmp_path / "out" / "tissue.zarr" / path).exists()
    space = read["coordinationSpace"]
    assert space["obsSetSelection"]["A"] == [["spamca", name] for name in ("0", "1", "2")]
    colors = [view.to_rgb(color) for color in integrated.uns["spamca_colors"]]
    drawn = [one["color"] for one in space["obsSetColor"]["A"]]
    np.testing.assert_allclose(np.array(drawn) / 255, colors, atol=1 / 255)
    assert {one["component"] for one in read["layout"]} == {"spatialBeta", "scatterplot", "obsSets", "featureList"}
    assert all(one["x"] + one["w"] <= 12 and one["y"] + one["h"] <= 12 for one in read["layout"])
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<title>a &lt;tissue></title>" in page
    imports = json.loads(re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)[1])["imports"]
    assert set(imports) >= {"react", "react-dom", "vitessce"}


def test_features_columns_and_heat_map_can_be_chosen(integrated, tmp_path, vitessce):
    integrated.obs["one"] = pd.Categorical(["a", *[None] * 224])
    integrated.uns["one_colors"] = ["red"]
    integrated.obsm["X_umap"] = np.zeros((225, 2))
    wanted = ["protein:protein2", "gene3"]
    options = {"columns": ["one"], "features": wanted, "heatmap": True, "base_url": "https://here.org/x/"}
    config = spamca.io.to_vitessce(integrated, tmp_path / "out", **options).to_dict(base_url="")
    table = ad.read_zarr(tmp_path / "out" / "tissue.zarr")
    assert list(table.var_names) == ["gene3", "protein2"]
    assert list(table.obs["one"].cat.categories) == ["a", "no value"]
    assert (table.layers["scaled"].min(), table.layers["scaled"].max()) == (0, 1)
    assert {file["url"] for file in config["datasets"][0]["files"]} == {"https://here.org/x/tissue.zarr"}
    colors = {tuple(one["path"]): one["color"] for one in config["coordinationSpace"]["obsSetColor"]["A"]}
    assert colors["one", "a"] == [255, 0, 0]
    heat = next(one for one in config["layout"] if one["component"] == "heatmap")
    scope = heat["coordinationScopes"]["featureValueType"]
    assert config["coordinationSpace"]["featureValueType"][scope] == "scaled"
    assert config["coordinationSpace"]["embeddingType"]["A"] == "X_umap"


def test_a_folder_is_replaced_only_where_asked_and_ours(integrated, tmp_path, vitessce, monkeypatch):
    folder = tmp_path / "out"
    spamca.io.to_vitessce(integrated, folder, features=["gene1"])
    with pytest.raises(FileExistsError, match="exists; pass overwrite=True to replace it"):
        spamca.io.to_vitessce(integrated, folder)
    spamca.io.to_vitessce(integrated, str(folder), features=["gene2"], overwrite=True)
    assert "gene2" in ad.read_zarr(folder / "tissue.zarr").var_names
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").touch()
    with pytest.raises(FileExistsError, match="to_vitessce did not write it, name another"):
        spamca.io.to_vitessce(integrated, other, overwrite=True)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("spamca.io._to_vitessce.write_page", interrupted)
    with pytest.raises(KeyboardInterrupt):
        spamca.io.to_vitessce(integrated, folder, features=["gene1"], overwrite=True)
    assert "gene2" in ad.read_zarr(folder / "tissue.zarr").var_names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "x"}, KeyError, "key='x' is not a column of mdata.obs"),
        ({"columns": "spamca"}, TypeError, "columns must be a list of names, got 'spamca'"),
        ({"columns": ["x"]}, KeyError, r"columns names \['x'\], which neither mdata.obs nor a modality has"),
        ({"features": ["x"]}, KeyError, "features names 'x', which no modality has"),
        ({"embedding": "x"}, KeyError, "embedding='x' is not in mdata.obsm"),
        ({"n_features": -1}, ValueError, "n_features must be at least 0, got -1"),
        ({"heatmap": 1}, TypeError, "heatmap must be True or False, got 1"),
        ({"path": 3}, TypeError, "path must be the path of a file or folder, got 3"),
    ],
)
def test_bad_arguments_are_named(integrated, tmp_path, monkeypatch, arguments, error, message):
    monkeypatch.setattr("spamca.io._to_vitessce.imported", lambda: None)
    with pytest.raises(error, match=message):
        spamca.io.to_vitessce(integrated, **{"path": tmp_path / "out", **arguments})
    assert not any(tmp_path.iterdir())


def test_the_package_is_asked_for(integrated, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "vitessce", None)
    with pytest.raises(ImportError, match=r"pip install 'spamca\[vitessce\]'"):
        spamca.io.to_vitessce(integrated, tmp_path / "out")


def test_sections_lie_side_by_side():
    spatial = np.array([[5.0, 1], [15, 3], [5, 2], [6, 9]])
    library = np.array(["b", "b", "a", "a"])
    np.testing.assert_allclose(store.arranged(spatial, library), [[11, 0], [21, 2], [0, 0], [1, 7]])
    assert store.arranged(spatial, None) is spatial


def test_features_that_differ_most_come_first():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    values = rng.normal(size=(90, 6)) + np.outer(labels, [0, 3, 0, 1, 0, 8])
    values[:, 2] = 1
    np.testing.assert_array_equal(store.differing(values, labels, 3), [5, 1, 3])
    assert list(store.differing(values, labels, 9)) == [0, 1, 2, 3, 4, 5]
    score = f_classif(values[:, [0, 4]], labels)[0]
    assert store.differing(values, labels, 4)[3] == [0, 4][score.argmax()]


def test_values_are_logarithms_of_counts_and_of_spots_that_have_them(tissue):
    rna, protein = tissue["rna"][:200].copy(), tissue["protein"][::-1].copy()
    protein.var_names = [*protein.var_names[:-1], "gene1"]
    protein.X = np.asarray(protein.X.toarray() if hasattr(protein.X, "toarray") else protein.X) + 0.5
    mdata = MuData({"rna": rna, "protein": protein})
    found = store.feature_table(mdata, ["rna:gene1", "protein:gene1", "gene2"], 0, None, np.zeros(mdata.n_obs))
    assert list(found) == ["rna:gene1", "gene2", "protein:gene1"]
    counts = np.asarray(rna.X.toarray() if hasattr(rna.X, "toarray") else rna.X, dtype=np.float64)
    depth = counts.sum(axis=1)
    expected = np.log1p(counts[:, rna.var_names.get_loc("gene2")] / depth * np.median(depth))
    np.testing.assert_allclose(found.loc[rna.obs_names, "gene2"], expected, rtol=1e-4)
    lacking = mdata.obs_names.difference(rna.obs_names)
    assert (found.loc[lacking, "gene2"] == 0).all()
    np.testing.assert_allclose(found.loc[protein.obs_names, "protein:gene1"], protein.X[:, -1])
    with pytest.raises(KeyError, match=r"several modalities have, \['rna', 'protein'\]; name one as 'rna:gene1'"):
        store.feature_table(mdata, ["gene1"], 0, None, np.zeros(mdata.n_obs))


def test_numbers_that_lack_are_logged(tissue, caplog):
    tissue.obs["half"] = np.where(np.arange(tissue.n_obs) % 2, np.nan, 1.0)
    with caplog.at_level("INFO", logger="spamca"):
        assert set(store.numbers(tissue, ["half"])["half"]) == {0, 1}
    assert "['half'] lack values for some spots" in caplog.text
