from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from benchmarks import collect, fingerprint, methods, plan, run, tissues
from benchmarks.tissue import Tissue, facts, read_tissue
from scipy import sparse


@pytest.fixture
def tissue():
    graph = sparse.csr_matrix(np.eye(4, k=1) + np.eye(4, k=-1))
    features = {"rna": np.eye(4, dtype=np.float32), "protein": np.ones((4, 2), dtype=np.float32)}
    kinds, labels = {"rna": "rna", "protein": "protein"}, np.array(["a", "a", "b", ""])
    return Tissue("small", features, kinds, np.arange(8.0).reshape(4, 2), graph, labels, 2)


@pytest.fixture
def folder(tmp_path, tissue):
    (tmp_path / "tissues").mkdir()
    tissue.write(tmp_path / "tissues" / "small.npz", "made")
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """Processes that would have been started."""
    found = []
    monkeypatch.setattr(run.Runner, "start", lambda self, *arguments, **_: found.append(arguments) or "")
    return found


def job(folder, name, seeds=(0, 1)):
    return plan.Job(folder, "small", name, seeds)


def test_tissue_is_read_as_written(folder, tissue):
    found = read_tissue(folder / "tissues" / "small.npz")
    assert found.digest == tissue.digest == facts(folder / "tissues" / "small.npz")["digest"]
    assert (found.graph != tissue.graph).nnz == 0
    assert list(found.labels) == list(tissue.labels)


def test_labels_are_not_part_of_what_a_method_sees(tissue):
    other = Tissue("other", tissue.features, tissue.kinds, tissue.coordinates, tissue.graph, None, 2)
    assert other.digest == tissue.digest


def test_jobs_are_those_that_fit_the_modalities(folder):
    found = plan.jobs(folder, ["small"], (0,), None, {"small": ["rna", "protein"]})
    assert {"single:rna", "single:protein", "spamca", "MOFA+"} <= {one.name for one in found}
    alone = plan.jobs(folder, ["small"], (0,), None, {"small": ["rna"]})
    assert "MOFA+" not in {one.name for one in alone}
    chosen = plan.jobs(folder, ["small"], (0,), ["WNN", "single"], {"small": ["rna", "protein"]})
    assert [one.name for one in chosen[:3]] == ["WNN", "single:rna", "single:protein"]
    assert [one.name for one in chosen[3:5]] == ["single:rna smoothed k=6", "single:protein smoothed k=6"]


def test_a_single_modality_is_read_off_the_name():
    found = methods.method_of("single:rna smoothed k=6, 8 hops")
    assert found.options == {"modality": "rna", "hops": 8}
    assert methods.method_of("single:rna").options == {"modality": "rna", "hops": 0}


def test_the_best_single_modality_is_a_row_a_smoothing():
    names = ["single:rna", "single:protein", "single:rna smoothed k=6", "spamca"]
    found = pd.DataFrame({"method": names, "set": "small", "noise": "", "readout": "own", "ARI": [0.1, 0.3, 0.5, 0.7]})
    best = collect.with_best_single(found).set_index("method")["ARI"]
    expected = {"best single modality": 0.3, "best single modality smoothed k=6": 0.5, "spamca": 0.7}
    assert best.to_dict() == expected
    assert collect.methods_in_order(best.reset_index()) == ["spamca", *list(expected)[:2]]


def test_a_method_that_wants_less_tissue_is_not_run(folder, monkeypatch):
    monkeypatch.setenv("PRAGA_PATH", "here")
    monkeypatch.setattr(plan, "facts", lambda _: {"n_spots": 4_001})
    assert job(folder, "PRAGA").hindrance() == "4,001 spots, more than 4,000"
    assert job(folder, "MOFA+").hindrance() == ""


def test_families_hold_all_real_tissue_once():
    listed = [name for family in tissues.FAMILIES.values() for name in family]
    assert len(listed) == len(set(listed))
    assert len(tissues.MEASURED) == 10
    assert set(tissues.SIMULATIONS) <= set(listed)


def test_what_the_seed_does_not_change_is_fitted_once(folder):
    assert job(folder, "concatenated").fits == (0,)
    assert job(folder, "MOFA+").fits == (0, 1)


def test_finished_runs_are_not_repeated(folder, started, capsys):
    runner, one = run.Runner("python", 1, 1, again=False), job(folder, "concatenated")
    runner.fit(one, 0)
    runner.fit(one, 0)
    assert len(started) == 1
    record = one.place / "0" / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"key": "of older code"}))
    runner.fit(one, 0)
    assert len(started) == 2


def test_what_is_not_there_is_not_started(folder, started, monkeypatch, capsys):
    monkeypatch.delenv("PRAGA_PATH", raising=False)
    record = run.Runner("python", 1, 1, again=False).fit(job(folder, "PRAGA"), 0)
    assert record["status"] == plan.NOT_RUN
    assert not started
    assert "PRAGA_PATH" in capsys.readouterr().out


def test_failure_of_a_process_is_a_record(folder, capsys):
    record = run.Runner(folder / "no-such-python", 1, 1, again=False).fit(job(folder, "MOFA+"), 0)
    assert record["status"] == "failed"
    assert "no-such-python" in record["message"]


def test_fingerprint_separates_code_from_words():
    code = 'def f(x):\n    """Twice."""\n    return 2 * x\n'
    assert fingerprint.code_of(code) == fingerprint.code_of("import os\n\n\ndef f(x):  # doubled\n    return 2 * x\n")
    assert fingerprint.code_of(code) != fingerprint.code_of(code.replace("2 * x", "3 * x"))


def test_name_of_a_noisy_tissue():
    assert tissues.split("sim_easy+thinned=0.5#2") == ("sim_easy", "thinned=0.5", 2)
    assert tissues.split("sim_easy") == ("sim_easy", "", 0)
