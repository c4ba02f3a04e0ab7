from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import tomllib
from pathlib import Path

import mudata
import numpy as np
import pytest

import spamca as library
from spamca.cli import main
from spamca.cli._process import Code

QUICK = ("--n-clusters", "3", "--max-epochs", "4")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def run(tissue_file, tmp_path):
    """Run the command in this process, from the small tissue to ``out.h5mu``."""

    def run(*arguments):
        return main(["run", str(tissue_file), "-o", str(tmp_path / "out.h5mu"), *map(str, arguments)])

    return run


def test_the_script_is_the_command():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"spamca": f"{main.__module__}:{main.__name__}"}


@pytest.mark.slow
def test_a_process_of_its_own(spamca, tissue_file, tmp_path):
    """stdout, stderr and exit code are those of ``main``, and nothing else speaks."""
    done = spamca("info", tissue_file, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["n_spots"] == 225
    done = spamca("run", tmp_path / "none.h5mu", "-o", tmp_path / "out.h5mu")
    assert (done.returncode, done.stdout) == (Code.INPUT, "")
    assert "does not exist" in done.stderr


@pytest.mark.slow
def test_results_are_those_of_the_library(run, tissue_file, tmp_path, capfd):
    expected = mudata.read_h5mu(tissue_file)
    library.pp.neighbors(expected, n_neighbors=15)
    library.tl.integrate(expected, 3, max_epochs=4, settings={"n_latent": 16}, random_state=1)
    library.tl.cluster(expected, 3, method="mixture", refine=True, random_state=1)

    out, figures = tmp_path / "out.h5mu", tmp_path / "figures"
    options = [
        "--n-neighbors",
        "15",
        "--settings",
        "n_latent=16",
        "--random-state",
        "1",
        "--refine",
        "--method",
        "mixture",
    ]
    code = run(*QUICK, *options, "--figures", figures, "--log-file", tmp_path / "log")
    shown = capfd.readouterr()
    assert code == 0, shown.err

    found = mudata.read_h5mu(out)
    np.testing.assert_array_equal(found.obsm["X_spamca"], expected.obsm["X_spamca"])
    np.testing.assert_array_equal(found.obsm["spamca_posterior"], expected.obsm["spamca_posterior"])
    assert list(found.obs["spamca"]) == list(expected.obs["spamca"])

    written = [figures / f"{name}.png" for name in ("domains", "modality_weights", "confidence")]
    written += [tmp_path / "out.h5mu.json", out]
    assert shown.out.splitlines() == [str(path) for path in written]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written[:3])
    assert names(tmp_path) == ["figures", "log", "out.h5mu", "out.h5mu.json", "tissue.h5mu"]
    assert "stage integrate took" in shown.err
    log = (tmp_path / "log").read_text().splitlines()
    assert log == [line for line in shown.err.splitlines() if " INFO " in line]

    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    assert record["command"].startswith(f"spamca run {tissue_file} -o {out} --n-clusters 3")
    source = record["inputs"][str(tissue_file)]
    assert source == {"kind": "h5mu", "sha256": hashlib.sha256(Path(tissue_file).read_bytes()).hexdigest()}
    assert [call["function"] for call in record["calls"]] == [
        "spamca.pp.neighbors",
        "spamca.tl.integrate",
        "spamca.tl.cluster",
    ]
    assert record["calls"][1]["arguments"]["precision"] == "32-true"
    assert [call["arguments"]["random_state"] for call in record["calls"]] == [1, 1, 1]
    assert record["result"] == {"n_spots": 225, "n_domains": 3, "random_state": 1, "n_threads": 1}
    assert {"python", "spamca", "torch", "mudata"} <= set(record["versions"])
    stages = ["checksum", "read", "neighbors", "integrate", "cluster", "figures", "write"]
    assert [stage["stage"] for stage in record["stages"]] == stages
    assert all(stage["seconds"] >= 0 and stage["peak_memory_bytes"] > 1e6 for stage in record["stages"])
    inside = json.loads(found.uns["spamca_command"])
    assert inside["calls"] == record["calls"]
    assert inside["stages"] == record["stages"][:-1]


@pytest.mark.slow
def test_a_record_is_enough_to_get_the_same_again(run, tmp_path):
    assert run(*QUICK, "--prepare-n-comps", 5, "--no-progress-bar", "--save-model", tmp_path / "m.safetensors") == 0
    again = json.loads((tmp_path / "out.h5mu.json").read_text())["calls"]
    mdata = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    for call in again:
        part, verb = call["function"].split(".")[1:]
        getattr(getattr(library, part), verb)(mdata, **call["arguments"])
    assert again[0]["function"] == "spamca.pp.prepare"
    np.testing.assert_array_equal(mdata.obsm["X_spamca"], mudata.read_h5mu(tmp_path / "out.h5mu").obsm["X_spamca"])

    library.Model.from_mudata(mdata).save(tmp_path / "again.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()


@pytest.mark.slow
def test_a_report_with_what_the_run_warned_of(run, tmp_path, monkeypatch, capfd):
    integrate = library.tl.integrate

    def warned(*arguments, **options):
        logging.getLogger("spamca").warning("<faint> domains")
        return integrate(*arguments, **options)

    warned.__signature__ = inspect.signature(integrate)
    monkeypatch.setattr(library.tl, "integrate", warned)
    monkeypatch.setattr("spamca._report.missing.MISSING", ())
    report = tmp_path / "report.html"
    assert run(*QUICK, "--no-progress-bar", "--report", report, "--label", "label") == 0
    assert capfd.readouterr().out.splitlines() == [
        str(report),
        str(tmp_path / "out.h5mu.json"),
        str(tmp_path / "out.h5mu"),
    ]
    page = report.read_text(encoding="utf-8")
    assert "&lt;faint&gt; domains" in page
    assert "<td>adjusted Rand index with the labels" in page
    assert f"spamca run {tmp_path}" in page
    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    assert record["warnings"] == ["<faint> domains"]
    assert record["inputs"][str(tmp_path / "tissue.h5mu")]["sha256"] in page
    assert [stage["stage"] for stage in record["stages"]][-3:] == ["integrate", "report", "write"]
    assert json.loads(mudata.read_h5mu(tmp_path / "out.h5mu").uns["spamca_command"])["stages"] == record["stages"][:-1]
    assert run(*QUICK, "--report", report) == Code.OUTPUT
    assert report.read_text(encoding="utf-8") == page


def test_graphs_of_the_input_are_taken(integrated_file, tmp_path):
    out = tmp_path / "out.h5mu"
    assert (
        main(["run", str(integrated_file), "-o", str(out), *QUICK, "--no-progress-bar", "--key-added", "second"]) == 0
    )
    assert [call["function"] for call in json.loads((tmp_path / "out.h5mu.json").read_text())["calls"]] == [
        "spamca.tl.integrate",
    ]
    assert {"spamca", "second"} <= set(mudata.read_h5mu(out).obs)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--n-clusters", 0], Code.INPUT, "n_clusters must be at least 1"),
        (["--settings", "n_latents=3"], Code.INPUT, "settings must be one of"),
        (["--library-key", "slide"], Code.INPUT, "library_key='slide' is not a column"),
        (["--label", "label"], Code.USAGE, "--label is for the report; give --report too"),
        (["--report", "r.html", "--label", "x"], Code.INPUT, "--label='x' is not a column of mdata.obs"),
        (["--report", "r.pdf"], Code.USAGE, "r.pdf"),
        (["--raw"], Code.USAGE, "--raw is for io.read_spaceranger, the input is h5mu"),
        (["--figures", "none/figures"], Code.OUTPUT, "there is no such folder"),
        (["--record", "none/record.json"], Code.OUTPUT, "there is no such folder"),
        (["--log-file", "none/log"], Code.OUTPUT, "cannot write --log-file none/log"),
    ],
)
def test_refused(run, tmp_path, monkeypatch, arguments, code, message, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("--no-progress-bar", *arguments) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert "Traceback" not in shown.err
    assert names(tmp_path) == ["tissue.h5mu"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.h5mu", None, "does not exist"),
        ("broken.h5mu", b"\x89HDF\r\n", "cannot read"),
        ("table.csv", b"a,b", "is no MuData (.h5mu or Zarr), AnnData (.h5ad or Zarr)"),
        ("folder", "folder", "no platform that is known"),
    ],
)
def test_bad_input(tmp_path, name, content, message, capsys):
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    assert main(["run", str(path), "-o", str(tmp_path / "out.h5mu")]) == Code.INPUT
    assert message in capsys.readouterr().err
    assert names(tmp_path) in ([], [name])


@pytest.mark.parametrize(
    ("error", "code", "traceback"),
    [
        (FloatingPointError("training diverged"), Code.FAILED, False),
        (MemoryError(), Code.FAILED, False),
        (ValueError("of another package"), Code.FAILED, True),
        (RuntimeError("CUDA error"), Code.FAILED, True),
        (KeyboardInterrupt(), 130, False),
    ],
)
def test_failed_computation(run, tmp_path, monkeypatch, error, code, traceback, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(library.tl, "integrate", fail)
    assert run() == code
    assert ("Traceback" in capsys.readouterr().err) is traceback
    assert names(tmp_path) == ["tissue.h5mu"]


def test_a_full_disk(run, tmp_path, monkeypatch, capsys):
    def write(self, path):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mudata.MuData, "write", write)
    assert run(*QUICK, "--no-progress-bar") == Code.OUTPUT
    assert "No space left on device" in capsys.readouterr().err
    assert names(tmp_path) == ["tissue.h5mu"]


def test_outputs_are_not_replaced_unasked(run, tmp_path, capsys):
    (tmp_path / "out.h5mu.json").write_text("mine")
    assert run() == Code.OUTPUT
    assert "out.h5mu.json exists already" in capsys.readouterr().err
    assert (tmp_path / "out.h5mu.json").read_text() == "mine"
    assert run(*QUICK, "--overwrite", "--log-level", "error", "--no-progress-bar") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines() == [str(tmp_path / "out.h5mu.json"), str(tmp_path / "out.h5mu")]


def test_of_several_processes_the_first_writes(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(library.tl, "integrate", lambda *_, **__: None)
    assert run("--devices", 2) == 0
    assert names(tmp_path) == ["tissue.h5mu"]
    assert capsys.readouterr() == ("", "")


def test_logging_is_left_as_it_was(run):
    root, own = logging.getLogger(), logging.getLogger("spamca")
    before = (list(root.handlers), root.level, own.level, list(own.handlers))
    assert run("--n-clusters", 0, "--log-level", "debug") == Code.INPUT
    assert (list(root.handlers), root.level, own.level, list(own.handlers)) == before


def test_threads(run, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    assert run("--n-clusters", 0, "--threads", 2) == Code.INPUT
    assert os.environ["OMP_NUM_THREADS"] == os.environ["NUMBA_NUM_THREADS"] == "2"
