from __future__ import annotations

import json

import pytest

from spamca.cli import main
from spamca.metrics import agreement


@pytest.fixture
def info(capsys):
    """What the command shows, as JSON read back or as text."""

    def info(path, *arguments, json_too=True):
        code = main(["info", str(path), *(["--json"] if json_too else []), *arguments])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return json.loads(shown.out) if json_too else shown.out

    return info


def test_a_result(info, integrated, integrated_file):
    held = info(integrated_file, "--label", "label")
    assert held["n_spots"] == 225
    assert held["bytes"] == integrated_file.stat().st_size
    assert list(held["modalities"]) == ["rna", "protein"]
    assert {"n_spots": 225, "n_features": 40, "kind": "rna", "use_rep": "X_pca"}.items() <= held["modalities"][
        "rna"
    ].items()
    result = held["results"]["spamca"]
    assert result["domains"] == integrated.obs["spamca"].value_counts(sort=False).to_dict()
    assert result["agreement with label"] == agreement(integrated.obs["label"], integrated.obs["spamca"])
    assert result["params"]["n_clusters"] == 3
    assert result["training"] == {
        "steps": 20,
        "last_loss": pytest.approx(integrated.uns["spamca"]["history"]["total"][-1]),
    }
    assert result["versions"] == integrated.uns["spamca"]["versions"]
    assert "guide" not in result


def test_before_anything_was_run(info, tissue_file):
    held = info(tissue_file)
    assert held["results"] == {}
    assert held["sections"] is None
    assert held["modalities"]["protein"] == {"n_spots": 225, "n_features": 40}


def test_sections_and_spots_without_a_modality(info, tissue, tmp_path):
    import mudata

    import spamca

    rna, protein = tissue["rna"], tissue["protein"][::-1][:200].copy()
    rna.obs["slide"] = ["a"] * 100 + ["b"] * 125
    mdata = mudata.MuData({"rna": rna, "protein": protein})
    spamca.pp.neighbors(mdata, library_key="slide")
    mdata.write(tmp_path / "slides.h5mu")
    held = info(tmp_path / "slides.h5mu")
    assert held["library_key"] == "slide"
    assert held["sections"] == {"a": 100, "b": 125}
    assert [modality["n_spots"] for modality in held["modalities"].values()] == [225, 200]


def test_a_model(info, model_file, integrated):
    held = info(model_file)
    assert held["domains"] == dict(zip("012", integrated.uns["spamca_colors"], strict=True))
    assert held["modalities"]["rna"] == {"kind": "rna", "use_rep": "X_pca", "n_comps": 30, "n_features": 40}
    assert held["n_spots_trained"] == 225
    assert held["versions"] == integrated.uns["spamca"]["versions"]


def test_a_model_has_no_columns(model_file, capsys):
    assert main(["info", str(model_file), "--label", "label"]) == 2
    assert "--label is for tissue" in capsys.readouterr().err


def test_text(info, integrated_file):
    """Lines that a screen holds, whatever is stored."""
    lines = info(integrated_file, "--library-key", "label", json_too=False).splitlines()
    assert lines[0] == f"file: {integrated_file}"
    assert max(map(len, lines)) < 500
    assert "n_spots: 225" in lines
    assert "sections:" in lines
    assert "    domains:" in lines
    assert "      n_clusters: 3" in lines


@pytest.mark.parametrize(
    ("name", "content", "arguments", "message"),
    [
        ("none.h5mu", None, [], "is not a file"),
        ("table.csv", b"a", [], "is neither a .h5mu nor a .safetensors file"),
        ("broken.h5mu", b"a", [], "cannot read"),
        ("tissue.h5mu", "tissue", ["--label", "truth"], "--label 'truth' is no column of obs"),
        ("tissue.h5mu", "tissue", ["--library-key", "slide"], "--library-key 'slide' is no column of obs"),
    ],
)
def test_refused(tmp_path, tissue_file, name, content, arguments, message, capsys):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    assert main(["info", str(path), *arguments]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


def test_no_mudata(tmp_path, capsys):
    import h5py

    with h5py.File(tmp_path / "other.h5mu", "w") as file:
        file["x"] = [1]
    assert main(["info", str(tmp_path / "other.h5mu")]) == 3
    assert "holds no MuData" in capsys.readouterr().err
