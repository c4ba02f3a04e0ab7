from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import mudata
import numpy as np
import pytest

import spamca as library
from spamca.cli import main
from spamca.cli._inputs import digests, kind_of, told_of

# of spatialdata and what it reads and writes with
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def zarr(tissue, tmp_path):
    path = tmp_path / "tissue.zarr"
    library.io.to_spatialdata(tissue).write(path)
    return path


def test_kinds(tissue_file, zarr, tmp_path):
    assert kind_of(tissue_file).name == "h5mu"
    assert kind_of(zarr).name == "SpatialData"
    assert kind_of(tmp_path).name == "Space Ranger"


def test_mudata_in_zarr(tissue, tmp_path):
    path, out = tmp_path / "tissue.zarr", tmp_path / "out.h5mu"
    tissue.write_zarr(path)
    kind = kind_of(path)
    assert kind.name == "MuData in Zarr"
    assert ".zgroup" in digests(path, kind.files(path)) or "zarr.json" in digests(path, kind.files(path))
    assert main(["run", str(path), "-o", str(out), "--max-epochs", "2", "--n-clusters", "3"]) == 0
    assert list(mudata.read_h5mu(out).mod) == list(tissue.mod)


@pytest.mark.parametrize("version", [2, 3])
def test_what_the_root_says_tells_mudata_from_others(tmp_path, version):
    path = tmp_path / (".zattrs" if version == 2 else "zarr.json")
    for encoding, name in (("MuData", "MuData in Zarr"), ("anndata", "SpatialData")):
        said = {"encoding-type": encoding}
        path.write_text(json.dumps(said if version == 2 else {"zarr_format": 3, "attributes": said}))
        assert kind_of(tmp_path).name == name
    path.write_text("{")
    assert kind_of(tmp_path).name == "SpatialData"


def test_spatialdata(zarr, tmp_path):
    kind = kind_of(zarr)
    mdata = kind.read(zarr, join="outer")
    assert sorted(mdata.mod) == ["protein", "rna"]  # Zarr has no order
    (zarr / "images" / "large").mkdir(parents=True)
    (zarr / "images" / "large" / "0").write_bytes(b"pixels")
    files = digests(zarr, kind.files(zarr, join="outer"))
    assert {name.split("/")[0] for name in files} >= {"tables", "shapes"}
    assert not any(name.startswith("images") for name in files)


def test_options_of_a_reader(zarr, tmp_path, capsys):
    out = tmp_path / "out.h5mu"
    assert main(["run", str(zarr), "-o", str(out), "--tables", "rna", "--max-epochs", "2", "--n-clusters", "3"]) == 0
    assert list(mudata.read_h5mu(out).mod) == ["rna"]
    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    assert record["calls"][0] == {
        "function": "spamca.io.from_spatialdata",
        "arguments": {"tables": "rna", "join": "inner", "coordinate_system": None},
    }
    told = record["inputs"][str(zarr)]
    assert told == told_of(told["files"]) | {"kind": "SpatialData"}


def test_digest_of_a_folder_is_that_of_its_listing(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    found = told_of(digests(tmp_path, [tmp_path / "b", tmp_path / "a"]))
    assert found["files"]["a"] == hashlib.sha256(b"a").hexdigest()
    if shutil.which("sha256sum"):
        listing = subprocess.run(["sha256sum", "a", "b"], cwd=tmp_path, capture_output=True, check=True).stdout
        assert found["sha256"] == hashlib.sha256(listing).hexdigest()


def test_spaceranger(tmp_path, monkeypatch, tissue):
    """Of the folder only what is read is summed, not the alignments beside it."""
    (tmp_path / "filtered_feature_bc_matrix.h5").write_bytes(b"matrix")
    (tmp_path / "possorted_genome_bam.bam").write_bytes(b"large")
    (tmp_path / "spatial").mkdir()
    (tmp_path / "spatial" / "tissue_positions.csv").write_text("x")
    kind = kind_of(tmp_path)
    assert set(digests(tmp_path, kind.files(tmp_path))) == {
        "filtered_feature_bc_matrix.h5",
        "spatial/tissue_positions.csv",
    }
    given = {}
    monkeypatch.setattr(library.io, "read_spaceranger", lambda path, **options: given.update(options) or tissue)
    assert np.array_equal(kind.read(tmp_path, images=False).obsm["spatial"], tissue.obsm["spatial"])
    assert given == {"images": False}
