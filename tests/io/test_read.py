"""``read``: the folder of each platform, and each file of the scverse, into a MuData that is ready."""

from __future__ import annotations

import anndata as ad
import mudata
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca
from spamca.io import read

# of spatialdata, zarr and what they read and write with
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

PLATFORMS = ["xenium", "cosmx", "merscope", "bins", "segmented"]
MODALITIES = {"merscope": ["rna"], "segmented": ["rna"]}
CONTROLS = {"xenium": {"rna": 5}, "cosmx": {"rna": 2, "protein": 2}, "merscope": {"rna": 2}}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_folder_of_each_platform(platform, folders, tissue, tmp_path, logged):
    path = getattr(folders, platform)(tmp_path / "run", tissue)
    mdata = read(path)
    assert list(mdata.mod) == MODALITIES.get(platform, ["rna", "protein"])
    assert mdata.n_obs == 225
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"], atol=1e-9)
    for name, modality in mdata.mod.items():
        flags = modality.var["control"] if "control" in modality.var else np.zeros(modality.n_vars, dtype=bool)
        assert flags.sum() == CONTROLS.get(platform, {}).get(name, 0)
        kept = modality[:, ~np.asarray(flags)]
        assert list(kept.var_names) == list(tissue[name].var_names)
        factor = 1.5 if (platform, name) == ("xenium", "protein") else 1
        np.testing.assert_allclose(folders.dense(kept.X), factor * folders.dense(tissue[name].X), rtol=1e-6)
        assert modality.X.dtype == np.float32
    assert sum("control" in line for line in logged()) == (platform in CONTROLS)
    mdata.write(tmp_path / "out.h5mu")
    again = mudata.read_h5mu(tmp_path / "out.h5mu")
    assert list(again["rna"].obs.columns) == list(mdata["rna"].obs.columns)
    mdata.write_zarr(tmp_path / "out.zarr")
    spamca.pp.neighbors(mdata)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_hidden_files_of_macos(platform, folders, tissue, tmp_path):
    path = getattr(folders, platform)(tmp_path / "run", tissue)
    for file in [file for file in path.rglob("*") if file.is_file()]:
        file.with_name(f"._{file.name}").write_bytes(b"\x00\x05\x16\x07")
    assert read(path).n_obs == 225


@pytest.mark.parametrize("platform", ["xenium", "cosmx"])
def test_domains_in_three_lines(platform, folders, tissue, tmp_path):
    path = getattr(folders, platform)(tmp_path / "run", tissue)
    mdata = read(path)
    spamca.pp.neighbors(mdata)
    light = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
    spamca.tl.integrate(mdata, max_epochs=0, progress_bar=False, settings=light)
    assert mdata.obs["spamca"].notna().all()
    assert adjusted_rand_score(tissue.obs["label"], mdata.obs["spamca"]) > 0.9


def test_visium_and_the_folder_above(outs, logged):
    mdata = read(outs)
    assert list(mdata.mod) == ["rna", "protein"]
    assert "images" in next(iter(mdata.uns["spatial"].values()))
    assert next(iter(read(outs.parent, images=False).uns["spatial"].values()))["images"] == {}
    assert any(line.endswith("holds a folder of Visium, outs") for line in logged())


@pytest.mark.parametrize("kind", ["h5mu", "h5ad", "mudata.zarr", "anndata.zarr", "spatialdata.zarr"])
def test_files_of_the_scverse(kind, tissue, tmp_path):
    both = ad.concat(dict(tissue.mod), axis="var", merge="same")
    path = tmp_path / kind
    if kind == "h5mu":
        path = tmp_path / "tissue.h5mu"
        tissue.write(path)
    elif kind == "h5ad":
        path = tmp_path / "tissue.h5ad"
        both.write_h5ad(path)
    elif kind == "mudata.zarr":
        tissue.write_zarr(path)
    elif kind == "anndata.zarr":
        both.write_zarr(path)
    else:
        spamca.io.to_spatialdata(tissue).write(path)
    mdata = read(path)
    assert sorted(mdata.mod) == ["protein", "rna"]
    np.testing.assert_allclose(mdata.obsm["spatial"], tissue.obsm["spatial"])
    np.testing.assert_allclose(np.asarray(mdata["rna"].X.sum(axis=0)), np.asarray(tissue["rna"].X.sum(axis=0)))


def test_an_anndata_without_types_says_how_to_make_a_mudata(tissue, tmp_path):
    del tissue["rna"].var["feature_types"]
    tissue["rna"].write_h5ad(tmp_path / "rna.h5ad")
    with pytest.raises(
        ValueError, match=r"is an AnnData without var\['feature_types'\].*from_anndata\({'rna': anndata.read_h5ad"
    ):
        read(tmp_path / "rna.h5ad")


def test_types_are_named(tissue, tmp_path):
    rna = tissue["rna"].copy()
    rna.var["feature_types"] = "Custom"
    rna.write_h5ad(tmp_path / "rna.h5ad")
    with pytest.raises(ValueError, match="features of type 'Custom' are of no type that is known"):
        read(tmp_path / "rna.h5ad")
    assert list(read(tmp_path / "rna.h5ad", feature_types={"Custom": "rna"}).mod) == ["rna"]
    tissue.write(tmp_path / "tissue.h5mu")
    with pytest.raises(ValueError, match="is a MuData, which has names for them"):
        read(tmp_path / "tissue.h5mu", feature_types={"Custom": "rna"})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bin_size": "8um"}, ValueError, "bin_size must be a number of micrometres, .* or 'cells', got '8um'"),
        ({"bin_size": 0}, ValueError, "bin_size must be at least 1, got 0"),
        ({"bin_size": 2.5}, TypeError, "bin_size must be an integer, got 2.5"),
        ({"images": 1}, TypeError, "images must be True or False, got 1"),
        ({"path": None}, TypeError, "path must be the path of a file or folder, got None"),
        ({"path": "nowhere"}, FileNotFoundError, "path='nowhere' does not exist"),
    ],
)
def test_refuses(options, error, message, tmp_path):
    with pytest.raises(error, match=message):
        read(**{"path": tmp_path, **options})


def test_a_file_of_a_platform(tmp_path):
    (tmp_path / "cells.parquet").touch()
    with pytest.raises(
        ValueError, match="is none of .h5mu, .h5ad; a platform is known by its files, so pass their folder"
    ):
        read(tmp_path / "cells.parquet")
