"""Two processes that ``torchrun`` starts, each with a part of the tissue, against one."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import spamca

SCRIPT = Path(__file__).with_name("sharded.py")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("sharded", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes found, and how it failed, by name."""
    folder = tmp_path_factory.mktemp("shards")
    command = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*command, SCRIPT, folder], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return [pickle.loads((folder / f"{rank}.pkl").read_bytes()) for rank in range(2)]


@pytest.fixture(scope="module")
def one(script):
    """What a single process finds in the whole tissue, by name."""
    known = {}

    def found(name):
        if name not in known:
            make, key, options = script.TISSUES[name]
            known[name] = script.found(script.integrated(make(), key, **options), options.get("preset", ""))
        return known[name]

    return found


def joined(two, name, *, sampled):
    parts = [process[name, sampled] for process in two]
    obs = pd.concat([part["obs"].astype({"spamca": str}) if "spamca" in part["obs"] else part["obs"] for part in parts])
    return parts, obs


NAMES = ["sections", "holes", "lazy", "tiles", "layers", "trained"]


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_find_what_one_finds(two, one, name):
    whole = one(name)
    parts, obs = joined(two, name, sampled=False)
    obs = obs.loc[whole["obs"].index]
    assert adjusted_rand_score(whole["obs"]["spamca"], obs["spamca"]) >= 0.98
    assert (whole["obs"]["spamca"].astype(str) == obs["spamca"]).mean() >= 0.98  # names mean the same
    for modality in ("rna", "protein"):
        column = f"{modality}:spamca_weight"
        np.testing.assert_allclose(obs[column], whole["obs"][column], atol=0.02)
    embedding = pd.DataFrame(
        np.vstack([part["embedding"] for part in parts]), pd.concat([p["obs"] for p in parts]).index
    )
    np.testing.assert_allclose(embedding.loc[obs.index], whole["embedding"], atol=1e-3)
    for part in parts:
        np.testing.assert_allclose(part["loadings"], whole["loadings"], atol=1e-4)
        assert part["record"]["shards"] == {"n_processes": 2, "n_spots": len(obs), "n_sampled": len(obs)}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_domains_of_the_whole(two, one, name):
    whole = one(name)
    parts, obs = joined(two, name, sampled=True)
    obs = obs.loc[whole["obs"].index]
    assert adjusted_rand_score(whole["obs"]["spamca"], obs["spamca"]) >= 0.9
    assert (np.diff(obs["spamca"].value_counts().sort_index()) <= 0).all()  # of all shards
    for part in parts:
        assert part["record"]["shards"]["n_sampled"] < part["record"]["shards"]["n_spots"] == len(obs)
        assert np.isfinite(part["embedding"]).all()
        np.testing.assert_allclose(part["posterior"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("name", [*NAMES, "paper"])
def test_all_processes_find_the_same(two, name, sampled, assert_same):
    first, second = (process[name, sampled] for process in two)
    np.testing.assert_array_equal(first["loadings"], second["loadings"])
    for weights in first["record"]["network"]:
        np.testing.assert_array_equal(first["record"]["network"][weights], second["record"]["network"][weights])
    if name == "paper":
        return
    assert list(first["obs"]["spamca"].cat.categories) == list(second["obs"]["spamca"].cat.categories)
    assert first["model"][0] == second["model"][0]
    assert first["model"][0]["n_spots"] == len(first["obs"]) + len(second["obs"])
    for array, values in first["model"][1].items():
        np.testing.assert_array_equal(values, second["model"][1][array], array)


def test_batch_effects_of_all_spots_are_removed(two):
    """Of each section, whichever spots were in the sample."""

    def apart(name):
        first, second = (process[name, True]["embedding"] for process in two)
        return np.abs(first.mean(axis=0) - second.mean(axis=0)).mean()

    assert apart("sections") < 0.5 * apart("uncorrected")


def test_a_model_of_shards_knows_other_tissue(two, script):
    """Here the same, whose domains it knows."""
    model = spamca.Model(*two[1]["tiles", True]["model"])
    mdata = script.tiles()
    spamca.tl.transform(mdata, model, library_key=None)
    obs = joined(two, "tiles", sampled=True)[1].loc[mdata.obs_names]
    assert (mdata.obs["spamca"].astype(str) == obs["spamca"]).mean() >= 0.95


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "n_clusters",
            "ValueError",
            "n_clusters must be the same in all processes, got 3 in process 0 and 4 in process 1",
        ),
        ("late", "ValueError", "key_added must be the same"),
        ("seed", "ValueError", "random_state must be the same"),
        ("features", "ValueError", "features of 'rna' must be the same in all processes, got '100 (gene1"),
        ("modalities", "ValueError", "got ['rna', 'protein'] in process 0 and ['rna'] in process 1; give each process"),
        ("prepared apart", "ValueError", "features of 'rna' must be the same in all processes"),
        (
            "columns",
            "ValueError",
            "columns of obsm['spatial'] must be the same in all processes, got 2 in process 0 and 3",
        ),
        ("radius", "ValueError", "radius must be the same in all processes, got 2.0 in process 0 and 3.0 in process 1"),
        ("other graphs", "ValueError", "radius of the spatial graph must be the same in all processes, got None in"),
        ("no graphs", "ValueError", "call spamca.pp.neighbors(mdata, library_key=..., sharded=True)"),
        ("auto", "ValueError", "library_key='auto' sees no sections of other processes; name the column"),
        ("devices", "ValueError", "devices=2 with strategy='auto'"),
    ],
)
def test_what_differs_fails_in_both(two, name, kind, message):
    for process in two:
        assert process[name].startswith(kind)
        assert message in process[name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("negative", "ValueError"),
        ("nothing", "ValueError: modality 'protein' holds nothing"),
        ("diverged", "FloatingPointError"),
    ],
)
def test_a_process_that_fails_stops_the_other(two, name, kind):
    failed, stopped = sorted((process[name] for process in two), key=lambda text: text.startswith("RuntimeError"))
    assert failed.startswith(kind)
    assert stopped.startswith("RuntimeError: process ")
    assert failed in stopped
    assert all(process["unchanged"] for process in two)


@pytest.mark.parametrize("name", ["few", "lost"])
def test_one_shard_may_be_small_or_lose_its_sections(two, name):
    """Numbers of spots, of domains and of neighbours are those of all shards."""
    assert [process[name] for process in two] == ["no error", "no error"]


def test_a_single_process_is_not_sharded(script):
    mdata = script.sections(200)
    spamca.pp.neighbors(mdata, sharded=True)
    spamca.tl.integrate(mdata, 3, sharded=True, **script.QUIET)
    assert "shards" not in mdata.uns["spamca"]
    with pytest.raises(TypeError, match="sharded"):
        spamca.pp.prepare(mdata, sharded="yes")
