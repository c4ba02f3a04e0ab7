"""Arguments of kinds that nobody meant: NumPy's numbers work as Python's do, all else is refused by its name."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spamca
from spamca import _checks
from spamca.nn import Settings
from spamca.train import check_devices

UNCLEAR = {
    "Series": pd.Series([True, False]),
    "one in a Series": pd.Series([True]),
    "NA": pd.NA,
    "array": np.array([True, False]),
    "array of one": np.array([True]),
    "array of none": np.array(object=True),
    "data frame": pd.DataFrame({"a": [True]}),
    "index": pd.Index([True]),
    "matrix": sparse.csr_matrix(np.eye(2)),
    "list": [True],
    "mapping": {},
    "number": 1,
    "text": "yes",
    "none": None,
}
PARTS = (spamca.pp, spamca.tl, spamca.pl, spamca.io, spamca.datasets)
FLAGS = [
    pytest.param(getattr(part, name), parameter.name, id=f"{part.__name__[7:]}.{name}-{parameter.name}")
    for part in PARTS
    for name in part.__all__
    for parameter in inspect.signature(getattr(part, name)).parameters.values()
    if str(parameter.annotation) == "bool"
]
NEEDS = {
    "alluvial": {"columns": ["label", "label"]},
    "compare": {"groupby": "label"},
    "trajectory": {"root": "0"},
    "transform": {"model": "none"},
    "rename_domains": {"names": {}},
    "read_spaceranger": {"path": "."},
    "to_vitessce": {"path": "nowhere"},
}


@pytest.fixture(scope="module")
def tissue():
    return spamca.datasets.simulated(n_spots=36, n_domains=2, n_features=4)


@pytest.mark.parametrize(("function", "flag"), FLAGS)
def test_flags_are_flags(tissue, function, flag):
    needs = {} if (function.__name__, flag) == ("trajectory", "paga") else NEEDS.get(function.__name__, {})
    needs = {} if function.__module__.startswith("spamca.pl") and function.__name__ == "trajectory" else needs
    first = () if function.__name__ in ("simulated", "read_spaceranger") else (tissue,)
    for value in UNCLEAR.values():
        with pytest.raises(TypeError, match=rf"{flag} must be True or False, got"):
            function(*first, **needs, **{flag: value})


@pytest.mark.parametrize(
    "early_stopping", [value for value in UNCLEAR.values() if value is not None], ids=list(UNCLEAR)[:-1]
)
def test_settings_that_are_flags(tissue, early_stopping):
    with pytest.raises(TypeError, match="early_stopping must be True or False, got"):
        spamca.tl.integrate(tissue, early_stopping=early_stopping)


@pytest.mark.parametrize("number", [np.int64(3), np.int32(3), np.uint8(3)])
def test_integers_of_numpy_are_integers(number):
    settings = Settings().changed(max_epochs=number, n_latent=number, early_stopping=np.False_)
    assert (type(settings.max_epochs), type(settings.n_latent)) == (int, int)
    assert settings.early_stopping is False
    assert type(Settings().changed(learning_rate=np.float32(0.5)).learning_rate) is float
    assert type(check_devices("cpu", number, "auto", "32-true", np.int64(64))) is int


def test_a_training_takes_numbers_of_numpy(tissue):
    mdata = tissue.copy()
    options = {
        "max_epochs": np.int64(1),
        "batch_size": np.int32(64),
        "devices": np.int64(1),
        "random_state": np.uint8(1),
    }
    flags = {"early_stopping": np.True_, "progress_bar": np.False_, "batch_correction": np.True_}
    spamca.tl.integrate(mdata, np.int64(2), accelerator="cpu", **options, **flags)
    assert len(mdata.uns["spamca"]["history"]["total"]) == 1


@pytest.mark.parametrize("count", [10**30, 2**31])
@pytest.mark.parametrize("argument", ["max_epochs", "batch_size"])
def test_counts_that_no_library_takes(tissue, argument, count):
    with pytest.raises(ValueError, match=f"{argument} must be at most 2147483647, got {count}"):
        spamca.tl.integrate(tissue, **{argument: count})


@pytest.mark.parametrize(
    "use_rep",
    [["own"], ("own",), {"own"}, np.array(["own"]), pd.Series(["own"]), 3, True, b"own"],
    ids=lambda one: type(one).__name__,
)
def test_a_representation_is_a_name_or_a_mapping(tissue, use_rep):
    mdata = tissue.copy()
    with pytest.raises(TypeError, match="use_rep must be the name of a slot of obsm, or a mapping"):
        spamca.pp.neighbors(mdata, use_rep=use_rep)
    for call in (spamca.tl.cluster, spamca.metrics.score):
        options = {"key": "label"} if call is spamca.metrics.score else {"n_clusters": 2}
        with pytest.raises(TypeError, match="use_rep must be a string, got"):
            call(mdata, use_rep=use_rep, **options)


@pytest.mark.parametrize(
    "use_rep", [{"rna": "own"}, {"protein": "own", "rna": None}, pd.Series({"rna": "own"}).to_dict()]
)
def test_a_mapping_names_a_slot_for_some_modalities(tissue, use_rep):
    mdata = tissue.copy()
    for modality in mdata.mod.values():
        modality.obsm["own"] = modality.X.toarray()
    spamca.pp.neighbors(mdata, use_rep=use_rep)
    for name, modality in mdata.mod.items():
        assert modality.uns["spamca"]["use_rep"] == (use_rep.get(name) or "X_pca")
    for call in (spamca.tl.cluster, spamca.metrics.score):
        options = {"key": "label"} if call is spamca.metrics.score else {"n_clusters": 2}
        with pytest.raises(TypeError, match="use_rep must be a string, got {"):
            call(mdata, use_rep=use_rep, **options)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 300, "File name too long"),
        ("x" * 252, "File name too long"),  # for the unfinished file
        ("x/" * 3000, "File name too long"),
        ("a\0b", "null"),
        ("a\udcffb", "surrogates not allowed"),
    ],
    ids=["name", "unfinished", "path", "zero byte", "no text"],
)
def test_checkpoints_that_no_file_system_takes(tissue, tmp_path, monkeypatch, name, why):
    monkeypatch.chdir(tmp_path)
    for checkpoint in (name, tmp_path / name):
        with pytest.raises(
            ValueError, match=rf"(?s)checkpoint='.*' is no name of a file: .*{why}.*; name another file"
        ):
            spamca.tl.integrate(tissue, max_epochs=1, checkpoint=checkpoint)


@pytest.mark.parametrize("exists", [False, True])
def test_checkpoints_that_cannot_be_written(tissue, tmp_path, monkeypatch, exists):
    path = tmp_path / "run.ckpt"
    if exists:
        path.write_bytes(b"")
    asked = []
    monkeypatch.setattr("os.access", lambda where, mode: asked.append(where) or False)
    with pytest.raises(
        ValueError, match="checkpoint='.*run.ckpt' must name a file that can be written: permission denied"
    ):
        spamca.tl.integrate(tissue, max_epochs=1, checkpoint=path)
    assert asked == [path if exists else tmp_path]
    with pytest.raises(ValueError, match="must name a file in a folder that exists"):
        _checks.check_checkpoint(tmp_path / "none" / "run.ckpt")


PATHS = {
    "spamca.report": lambda tissue, path: spamca.report(tissue, path, key="label"),
    "io.read_spaceranger": lambda _, path: spamca.io.read_spaceranger(path),
    "Model.load": lambda _, path: spamca.Model.load(path),
    "Model.save": lambda _, path: spamca.Model({}, {}).save(path),
}


@pytest.mark.parametrize("call", PATHS)
def test_paths_are_paths(tissue, tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    for path in (3, None, True, b"name", ["name"], {}, pd.NA, np.array("name")):
        with pytest.raises(TypeError, match="path must be the path of a file or folder, got"):
            PATHS[call](tissue, path)
    for path in ("x" * 300, "a\0b"):
        with pytest.raises(ValueError, match="path='.*' is no name of a file: .*; name another file"):
            PATHS[call](tissue, path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("figsize", [np.array([4.0, 3.0]), (np.float32(4), np.int64(3)), [4, 3]])
def test_sizes_of_figures_may_be_arrays(tissue, figsize):
    for ax in (
        spamca.pl.confusion(tissue, rows="label", columns="label", figsize=figsize),
        spamca.pl.alluvial(tissue, np.array(["label", "label"]), figsize=figsize),
    ):
        assert ax.figure.get_size_inches().tolist() == [4, 3]
    for wrong in (np.array(3), pd.NA, {}, "ab"):
        with pytest.raises(ValueError, match="figsize must be a pair of positive numbers"):
            spamca.pl.confusion(tissue, rows="label", columns="label", figsize=wrong)
