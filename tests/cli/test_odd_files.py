"""Names that no file system takes, text that is nested too deeply, metadata that is none, disks that are full, files that are damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import mudata
import pytest

import spamca as library
from spamca.cli import main
from spamca.cli._process import Code

LONG = "x" * 300
DEEP = "[" * 10_000 + "]" * 10_000


@pytest.fixture(autouse=True)
def _folder(tissue_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def quick(monkeypatch):
    """No computation: the tissue as it is, with what the command reads of a result."""

    def integrate(mdata, n_clusters=None, **_):
        mdata.obs["spamca"] = mdata.obs["label"]
        mdata.uns["spamca"] = {"random_state": 0, "params": {}}

    monkeypatch.setattr(library.tl, "integrate", integrate)
    monkeypatch.setattr(library.pp, "neighbors", lambda mdata, **_: None)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["info", f"{LONG}.h5mu"], Code.INPUT),
        (["run", f"{LONG}.h5mu", "-o", "o.h5mu"], Code.INPUT),
        (["run", f"{LONG}/tissue.h5mu", "-o", "o.h5mu"], Code.INPUT),
        (["run", "tissue.h5mu", "-o", f"{LONG}.h5mu"], Code.USAGE),
        (["run", "tissue.h5mu", "-o", "o.h5mu", "--record", LONG], Code.OUTPUT),
        (["run", "tissue.h5mu", "-o", "o.h5mu", "--figures", LONG], Code.OUTPUT),
        (["run", "tissue.h5mu", "-o", "o.h5mu", "--report", f"{LONG}.html"], Code.USAGE),
        (["run", "tissue.h5mu", "-o", "o.h5mu", "--log-file", LONG], Code.OUTPUT),
        (["run", "tissue.h5mu", "-o", "o.h5mu", "--config", f"{LONG}.json"], Code.USAGE),
        (["transform", "tissue.h5mu", "-o", "o.h5mu", "--model", LONG], Code.INPUT),
    ],
    ids=["info", "input", "folder", "output", "record", "figures", "report", "log", "config", "model"],
)
def test_names_that_are_too_long(arguments, code, tmp_path, capsys):
    found = main(arguments)
    assert found == code or (found, code) == (Code.OUTPUT, Code.USAGE)  # where exists() gives no error
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert "File name too long" in shown.err or "does not exist" in shown.err or "is not a file" in shown.err
    assert [path.name for path in tmp_path.iterdir()] == ["tissue.h5mu"]


def test_a_name_just_short_enough(quick, tmp_path):
    name = "y" * 245 + ".h5mu"
    assert main(["run", "tissue.h5mu", "-o", name]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"tissue.h5mu", name, f"{name}.json"}


def test_names_that_are_no_text(quick, tmp_path, capfd):
    name = os.fsdecode(b"t\xff.h5mu")
    try:
        (tmp_path / "tissue.h5mu").rename(name)
    except OSError:
        pytest.skip("the file system wants text")
    outputs = ["-o", os.fsdecode(b"o\xff.h5mu"), "--record", os.fsdecode(b"r\xff.json")]
    assert main(["info", name]) == 0
    assert main(["run", name, *outputs, "--log-file", os.fsdecode(b"l\xff.log")]) == 0
    shown = capfd.readouterr()
    assert "Traceback" not in shown.err
    assert "Logging error" not in shown.err
    assert "o\\udcff.h5mu" in json.dumps(json.loads((tmp_path / os.fsdecode(b"r\xff.json")).read_text())["command"])


@pytest.mark.parametrize(
    ("name", "content"),
    [("c.json", DEEP), ("c.json", '{"a":' * 10_000 + "1" + "}" * 10_000), ("c.toml", f"a = {DEEP}")],
    ids=["list", "mapping", "toml"],
)
def test_a_config_that_is_nested_too_deeply(name, content, tmp_path, capsys):
    (tmp_path / name).write_text(content)
    assert main(["run", "tissue.h5mu", "-o", "o.h5mu", "--config", name]) == Code.USAGE
    assert f"--config {name} cannot be read: it is nested too deeply" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--settings", f"n_latent={DEEP}"], ["--modality-trust", f"rna={DEEP}"], ["--devices", DEEP]]
)
def test_an_option_that_is_nested_too_deeply(option, capsys):
    assert main(["run", "tissue.h5mu", "-o", "o.h5mu", *option]) == Code.USAGE
    assert "nested too deeply" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        *(("MuData", "zarr.json", content) for content in ("[]", "3", "null", "{", '{"zarr_format": 9}', DEEP)),
        *(("MuData", ".zgroup", content) for content in ('"text"', "")),
        *(("SpatialData", "zarr.json", content) for content in ("[]", "null", DEEP)),
        ("SpatialData", ".zattrs", '"text"'),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.filterwarnings("ignore")
def test_zarr_with_metadata_that_is_none(kind, name, content, tmp_path, capsys):
    folder = tmp_path / "z.zarr"
    (folder / "mod" if kind == "MuData" else folder).mkdir(parents=True)
    (folder / name).write_text(content)
    assert main(["run", "z.zarr", "-o", "o.h5mu"]) == Code.INPUT
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert "cannot read z.zarr" in shown or "MuData" in shown or "z.zarr" in shown


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Unable to synchronously flush file (errno = 28, error message = 'No space left on device')"),
        OSError(122, "Disk quota exceeded"),
        OSError(30, "Read-only file system"),
    ],
    ids=["os", "HDF5", "quota", "read-only"],
)
def test_a_disk_that_takes_no_more(quick, tmp_path, monkeypatch, error, capsys):
    def write(self, path):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(mudata.MuData, "write", write)
    assert main(["run", "tissue.h5mu", "-o", "o.h5mu"]) == Code.OUTPUT
    shown = capsys.readouterr().err
    assert "cannot write o.h5mu" in shown
    assert "Traceback" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["tissue.h5mu"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes")
@pytest.mark.slow
def test_hdf5_that_cannot_close_its_file(tmp_path):
    """A file may grow to a limit only: HDF5 fails to write, to close and at the end, and says so in many tracebacks, or crashes."""
    code = """
import resource, sys, numpy as np, spamca
def integrate(mdata, n_clusters=None, **_):
    mdata.obs["spamca"], mdata.uns["spamca"] = mdata.obs["label"], {"random_state": 0, "params": {}}
    mdata.obsm["big"] = np.ones((mdata.n_obs, 500))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
spamca.tl.integrate, spamca.pp.neighbors = integrate, lambda mdata, **_: None
sys.argv = ["spamca", "run", "tissue.h5mu", "-o", "o.h5mu", "--log-level", "warning"]
from spamca.cli import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == Code.OUTPUT
    assert done.stderr.endswith("ERROR cannot write o.h5mu: File too large\n")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tissue.h5mu"]


def test_a_full_disk_while_a_checkpoint_is_written(monkeypatch, tmp_path, capsys):
    def integrate(*_, **__):
        raise OSError(28, "No space left on device", "run.ckpt")

    monkeypatch.setattr(library.tl, "integrate", integrate)
    monkeypatch.setattr(library.pp, "neighbors", lambda mdata, **_: None)
    assert main(["run", "tissue.h5mu", "-o", "o.h5mu", "--checkpoint", "run.ckpt"]) == Code.OUTPUT
    shown = capsys.readouterr().err
    assert "No space left on device: 'run.ckpt'" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("kept", [0, 7, 100, 5_000, -1_000])
def test_a_file_that_was_cut_short(tissue_file, tmp_path, kept, capsys):
    """HDF5 itself notices; where it crashes, another test has a reader that does."""
    (tmp_path / "bad.h5mu").write_bytes(tissue_file.read_bytes()[:kept])
    for command in (["info", "bad.h5mu"], ["run", "bad.h5mu", "-o", "o.h5mu"]):
        assert main(command) == Code.INPUT
        shown = capsys.readouterr().err
        assert "cannot read bad.h5mu" in shown
        assert "Traceback" not in shown
