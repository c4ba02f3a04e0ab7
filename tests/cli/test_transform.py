from __future__ import annotations

import hashlib
import json

import mudata
import numpy as np
import pytest

import spamca as library
from spamca.cli import main


@pytest.fixture
def transform(tissue_file, tmp_path):
    """Run the command in this process, from the small tissue to ``out.h5mu``."""

    def transform(*arguments):
        return main(["transform", str(tissue_file), "-o", str(tmp_path / "out.h5mu"), *map(str, arguments)])

    return transform


def test_results_are_those_of_the_library(transform, tissue_file, model_file, tmp_path, capsys):
    expected = mudata.read_h5mu(tissue_file)
    library.tl.transform(expected, str(model_file), key_added="new")
    figures = tmp_path / "figures"
    assert transform("--model", model_file, "--key-added", "new", "--figures", figures, "--figure-format", "svg") == 0
    found = mudata.read_h5mu(tmp_path / "out.h5mu")
    np.testing.assert_array_equal(found.obsm["X_new"], expected.obsm["X_new"])
    np.testing.assert_array_equal(found.obs["new_novelty"], expected.obs["new_novelty"])
    assert list(found.obs["new"]) == list(expected.obs["new"])
    assert sorted(path.name for path in figures.iterdir()) == ["domains.svg", "modality_weights.svg"]
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "out.h5mu")

    record = json.loads((tmp_path / "out.h5mu.json").read_text())
    sha256 = hashlib.sha256(model_file.read_bytes()).hexdigest()
    assert record["inputs"][str(model_file)] == {"kind": "model", "sha256": sha256}
    (call,) = record["calls"]
    assert (call["function"], call["arguments"]["model"]) == ("spamca.tl.transform", str(model_file))
    assert record["result"]["share_beyond"] == expected.uns["new"]["transform"]["share_beyond"]
    assert json.loads(found.uns["new_command"])["calls"] == record["calls"]


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_bad_model(transform, tmp_path, content, capsys):
    path = tmp_path / "other.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert transform("--model", path) == 3
    shown = capsys.readouterr()
    assert "other.safetensors" in shown.err
    assert "Traceback" not in shown.err
    assert not (tmp_path / "out.h5mu").exists()


def test_a_model_is_needed(transform, capsys):
    assert transform() == 2
    assert "--model" in capsys.readouterr().err
