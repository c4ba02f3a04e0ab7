from __future__ import annotations

import json

import pytest

from spamca.cli._parser import parse


def parsed(path, *typed):
    return parse(["run", "tissue.h5mu", "-o", "out.h5mu", "--config", str(path), *typed]).values


def test_toml_and_json_say_the_same(tmp_path):
    held = {"n_clusters": 8, "settings": {"n_latent": 64}, "n-clusters-range": [2, 9], "refine": True}
    (tmp_path / "run.json").write_text(json.dumps(held))
    (tmp_path / "run.toml").write_text(
        "n_clusters = 8\nn-clusters-range = [2, 9]\nrefine = true\n[settings]\nn_latent = 64\n"
    )
    expected = {"n_clusters": 8, "settings": {"n_latent": 64}, "n_clusters_range": [2, 9], "refine": True}
    assert parsed(tmp_path / "run.json") == parsed(tmp_path / "run.toml") == expected


def test_what_is_typed_wins(tmp_path):
    (tmp_path / "run.toml").write_text(
        "n_clusters = 8\nmethod = 'leiden'\n[settings]\nn_latent = 64\nmask_rate = 0.3\n"
    )
    values = parsed(tmp_path / "run.toml", "--n-clusters", "5", "--settings", "n_latent=16")
    assert values == {"n_clusters": 5, "method": "leiden", "settings": {"n_latent": 16, "mask_rate": 0.3}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.toml", "n_cluster = 8", "has ['n_cluster'], which are no arguments"),
        ("run.toml", "n_clusters = ", "cannot read"),
        ("run.json", "[1]", "must hold names and values, it holds list"),
        ("run.yaml", "n_clusters: 8", "must end on .json or .toml"),
        ("none.json", None, "cannot read"),
    ],
)
def test_refused(tmp_path, name, content, message, capsys):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SystemExit) as error:
        parsed(tmp_path / name)
    assert error.value.code == 2
    assert message in capsys.readouterr().err
