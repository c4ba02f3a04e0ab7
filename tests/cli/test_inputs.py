from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import anndata
import mudata
import pytest

import spamca as library
from spamca.cli import main
from spamca.cli._inputs import Kind, digest, files_of, kind_of, read

# of spatialdata and what it reads and writes with
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def zarr(tissue, tmp_path):
    path = tmp_path / "tissue.zarr"
    library.io.to_spatialdata(tissue).write(path)
    return path


def test_kinds(tissue_file, zarr, tmp_path):
    assert kind_of(tissue_file) == "h5mu"
    assert kind_of(zarr) == "SpatialData"
    assert kind_of(tmp_path) == "folder of a platform"
    (tmp_path / "spatial").mkdir()
    (tmp_path / "spatial" / "tissue_positions.csv").touch()
    assert kind_of(tmp_path) == "Space Ranger"
    (tmp_path / "binned_outputs" / "square_008um").mkdir(parents=True)
    assert kind_of(tmp_path) == "folder of a platform"


@pytest.mark.slow
def test_mudata_in_zarr(tissue, tmp_path):
    path, out = tmp_path / "tissue.zarr", tmp_path / "out.h5mu"
    tissue.write_zarr(path)
    assert kind_of(path) == "MuData in Zarr"
    assert {".zgroup", "zarr.json"} & digest(path, files_of(path, Kind.ZARR))["files"].keys()
    assert main(["run", str(path), "-o", str(out), "--max-epochs", "2", "--n-clusters", "3"]) == 0
    assert list(mudata.read_h5mu(out).mod) == list(tissue.mod)


@pytest.mark.parametrize("root", [".zgroup", "zarr.json"])
def test_modalities_distinguish_mudata_in_zarr_from_others(tmp_path, root):
    """In version 2 and 3 of the format."""
    (tmp_path / root).touch()
    assert kind_of(tmp_path) == "SpatialData"
    (tmp_path / "obs").mkdir()
    assert kind_of(tmp_path) == "AnnData"
    (tmp_path / "mod").mkdir()
    assert kind_of(tmp_path) == "MuData in Zarr"


def test_spatialdata(zarr, tmp_path):
    assert {"protein", "rna"} <= set(read(zarr, Kind.SPATIALDATA).tables)
    (zarr / "images" / "large").mkdir(parents=True)
    (zarr / "images" / "large" / "0").write_bytes(b"pixels")
    files = digest(zarr, files_of(zarr, Kind.SPATIALDATA, join="outer"))["files"]
    assert {name.split("/")[0] for name in files} >= {"tables", "shapes"}
    assert not any(name.startswith("images") for name in files)


def test_options_of_a_reader(zarr, tmp_path, capsys):
    out = tmp_path / "out.h5mu"
    assert main(["run", str(zarr), "-o", str(out), "--tables", "rna", "--max-epochs", "2", "--n-clusters", "3"]) == 0
    assert list(mudata.read_h5mu(out).mod) == ["rna"]
    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    assert record["calls"][0] == {
        "function": "spamca.io.from_spatialdata",
        "arguments": {"tables": "rna", "feature_types": None, "join": "inner", "coordinate_system": None},
    }
    assert record["inputs"][str(zarr)]["kind"] == "SpatialData"
    assert not any(name.startswith("images") for name in record["inputs"][str(zarr)]["files"])


@pytest.fixture
def calls(tissue, monkeypatch):
    """Arguments of ``io.read``, which gives the tissue and reads nothing."""
    held = []
    true = library.io.read

    def read(path, *, bin_size=8, images=True, feature_types=None):
        held.append({"bin_size": bin_size, "images": images, "feature_types": feature_types})
        return true(path, bin_size=bin_size, images=images, feature_types=feature_types)

    monkeypatch.setattr(library.io, "read", read)
    return held


def test_anndata(tissue, tmp_path, calls):
    """A modality for each type of features; an option names that of a type that nobody knows."""
    both = anndata.concat(dict(tissue.mod), axis="var", merge="same")
    both.var["feature_types"] = both.var["feature_types"].astype(str).replace("Antibody Capture", "Custom")
    path, out = tmp_path / "both.h5ad", tmp_path / "out.h5mu"
    both.write_h5ad(path)
    assert files_of(path, kind_of(path)) == [path]
    options = ["--feature-types", "Custom=protein", "--max-epochs", "2", "--n-clusters", "3"]
    assert main(["run", str(path), "-o", str(out), *options]) == 0
    assert calls == [{"bin_size": 8, "images": True, "feature_types": {"Custom": "protein"}}]
    assert list(mudata.read_h5mu(out).mod) == ["rna", "protein"]
    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    assert record["inputs"][str(path)]["kind"] == "AnnData"
    assert record["calls"][0]["function"] == "spamca.io.read"


@pytest.mark.parametrize("form", ["h5ad", "zarr"])
def test_anndata_without_types_says_how_to_make_a_mudata(form, tissue, tmp_path, capsys):
    path = tmp_path / f"rna.{form}"
    del tissue["rna"].var["feature_types"]
    (tissue["rna"].write_h5ad if form == "h5ad" else tissue["rna"].write_zarr)(path)
    assert main(["run", str(path), "-o", str(tmp_path / "out.h5mu")]) == 3
    said = capsys.readouterr().err
    assert "spamca.io.from_anndata({'rna': anndata.read_" in said
    assert "Traceback" not in said


def test_a_folder_of_a_platform(tmp_path):
    """Of the folder only what is read is summed."""
    for name in ("experiment.xenium", "cell_feature_matrix.h5", "cells.parquet", "transcripts.parquet"):
        (tmp_path / name).write_text(name)
    names = [file.name for file in files_of(tmp_path, kind_of(tmp_path))]
    assert names == ["cell_feature_matrix.h5", "cells.parquet"]
    for name in ("filtered_feature_bc_matrix.h5", "spatial/tissue_positions.parquet"):
        file = tmp_path / "hd" / "binned_outputs" / "square_016um" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert len(list(files_of(tmp_path / "hd", Kind.FOLDER, bin_size=16))) == 2


def test_an_unknown_folder(tmp_path, capsys):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "notes.txt").touch()
    assert main(["run", str(tmp_path / "here"), "-o", str(tmp_path / "out.h5mu")]) == 3
    assert "of no platform that is known. It holds notes.txt" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "here"), "-o", str(tmp_path / "out.h5mu"), "--raw"]) == 2
    assert "--raw is for io.read_spaceranger, the input is folder of a platform" in capsys.readouterr().err


def test_digest_of_a_folder_is_that_of_its_listing(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    found = digest(tmp_path, [tmp_path / "b", tmp_path / "a"])
    assert found["files"]["a"] == hashlib.sha256(b"a").hexdigest()
    if shutil.which("sha256sum"):
        listing = subprocess.run(["sha256sum", "a", "b"], cwd=tmp_path, capture_output=True, check=True).stdout
        assert found["sha256"] == hashlib.sha256(listing).hexdigest()


def test_spaceranger(tmp_path, monkeypatch, tissue):
    """Of the folder only what is read is summed, not the alignments next to it."""
    outs = tmp_path / "outs"
    (outs / "spatial").mkdir(parents=True)
    (outs / "filtered_feature_bc_matrix.h5").write_bytes(b"matrix")
    (outs / "possorted_genome_bam.bam").write_bytes(b"large")
    (outs / "spatial" / "tissue_positions.csv").write_text("x")

    def read_spaceranger(path, *, images=True, feature_types=None):
        assert (path, images) == (outs, False)
        return tissue

    monkeypatch.setattr(library.io, "read_spaceranger", read_spaceranger)
    options = ["--no-images", "--max-epochs", "2", "--n-clusters", "3"]
    assert main(["run", str(outs), "-o", str(tmp_path / "out.h5mu"), *options]) == 0
    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    files = record["inputs"][str(outs)]["files"]
    assert set(files) == {"filtered_feature_bc_matrix.h5", "spatial/tissue_positions.csv"}
    assert record["calls"][0] == {
        "function": "spamca.io.read_spaceranger",
        "arguments": {"images": False, "feature_types": None},
    }
