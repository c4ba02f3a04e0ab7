from __future__ import annotations

import doctest
import subprocess
import sys

import numpy as np
import pytest
import torch

import spamca
from spamca.model import file


@pytest.fixture
def model(integrated):
    return spamca.Model.from_mudata(integrated)


@pytest.fixture
def path(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_representation(model):
    assert model.domains == ["0", "1", "2"]
    assert model.modalities == ["rna", "protein"]
    assert len(set(model.colors)) == 3
    lines = repr(model).split("\n")
    assert lines[0] == "Model of 3 domains, trained on 225 spots ('spamca')"
    assert lines[1] == "  rna: rna, 30 columns 'X_pca' of 40 features"
    assert "kind='knn', n_neighbors=6" in repr(model)
    assert f"spamca {spamca.__version__}" in lines[-1]


def test_loaded_model_is_the_saved_one(model, path):
    again = spamca.Model.load(str(path))
    assert repr(again) == repr(model)
    assert again.arrays.keys() == model.arrays.keys()
    for name, values in model.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], values)
    assert again.settings == model.settings
    for name, values in model.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], values, rtol=0, atol=0)
    assert again.emissions.reach == model.emissions.reach


def test_saving_what_was_loaded_gives_the_same_file(path, tmp_path):
    spamca.Model.load(path).save(tmp_path / "again.safetensors")
    assert file.read(tmp_path / "again.safetensors")[0] == file.read(path)[0]
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_an_older_file_is_replaced_where_asked_only(path, tmp_path):
    model, place = spamca.Model.load(path), tmp_path / "model.safetensors"
    place.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already; pass overwrite=True"):
        model.save(place)
    assert place.read_text() == "mine"
    model.save(place, overwrite=True)
    assert spamca.Model.load(place).domains == model.domains


def test_is_small(path, integrated):
    assert path.stat().st_size < 200_000
    assert integrated.n_obs not in {n for values in spamca.Model.load(path).arrays.values() for n in values.shape}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda header, arrays: header.pop("modalities"), "modalities"),
        (lambda header, arrays: header["domains"].append("x"), "differ in number"),
        (lambda header, arrays: header["settings"].update(n_latent=0), "n_latent must be at least 1"),
        (lambda header, arrays: arrays.pop("network.tokens.0"), "other modalities"),
        (lambda header, arrays: arrays.pop("preparation.0.centre"), "centre"),
        (lambda header, arrays: header["modalities"][0]["features"].pop(), "'rna'"),
        (lambda header, arrays: arrays.update({"field.0.mean": np.zeros(3)}), "components do not fit"),
        (lambda header, arrays: arrays.update({"field.1.means": np.zeros((3, 99))}), "domains do not fit"),
        (lambda header, arrays: arrays.update({"field.1.sizes": np.zeros(2)}), "sizes of the domains do not fit"),
        (lambda header, arrays: header["field"].pop("spare"), "spare"),
        (lambda header, arrays: header["field"].update(hops=[0, 1, 2]), "domains do not fit; train"),
        (lambda header, arrays: header["field"].pop("coherence"), "coherence"),
        (lambda header, arrays: header.update(field=None), "nothing describes the domains"),
        (lambda header, arrays: (header["domains"].pop(), header["colors"].pop()), "what they look like differ"),
    ],
)
def test_parts_that_do_not_fit_are_named(model, tmp_path, change, says):
    check_refused(model, tmp_path, change, says)


def test_network_that_does_not_fit_is_refused_when_it_is_used(model, tmp_path):
    model.header["settings"].update(n_latent=31)
    file.write(tmp_path / "odd.safetensors", model.header, model.arrays)
    again = spamca.Model.load(tmp_path / "odd.safetensors")
    with pytest.raises(ValueError, match="weights must be those of a network"):
        again.network  # noqa: B018


def test_loading_imports_neither_torch_nor_pandas(path):
    """They take seconds, and a model is looked at before it is used."""
    code = f"import sys, spamca; print(spamca.Model.load({str(path)!r}).domains, {{'torch', 'pandas', 'sklearn'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['0', '1', '2'] set()\n"


@pytest.fixture
def read_out(integrated):
    """A model whose domains are read from an embedding of two views."""
    spamca.tl.integrate(integrated, 3, preset="paper", max_epochs=1, progress_bar=False)
    spamca.tl.cluster(integrated)
    return spamca.Model.from_mudata(integrated)


def test_only_what_is_read_from_an_embedding_has_a_readout(model, read_out, tmp_path):
    assert model.readout is None
    assert model.header["method"] == "field"
    assert not [name for name in model.arrays if name.startswith("readout.")]
    assert read_out.readout is not None
    read_out.save(tmp_path / "paper.safetensors")
    again = spamca.Model.load(tmp_path / "paper.safetensors")
    np.testing.assert_array_equal(again.readout.means, read_out.readout.means)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda header, arrays: arrays.pop("readout.means"), "means"),
        (lambda header, arrays: arrays.update({"readout.means": np.zeros((2, 3))}), "other domains"),
        (lambda header, arrays: header["graphs"]["features"].pop("rna"), "no graph of 'rna'"),
    ],
)
def test_parts_of_a_readout_that_do_not_fit_are_named(read_out, tmp_path, change, says):
    check_refused(read_out, tmp_path, change, says)


def check_refused(model, tmp_path, change, says):
    change(model.header, model.arrays)
    file.write(tmp_path / "odd.safetensors", model.header, model.arrays)
    with pytest.raises(ValueError, match=f"odd.safetensors' holds no whole model: .*{says}"):
        spamca.Model.load(tmp_path / "odd.safetensors")


@pytest.mark.slow
def test_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder(recurse=False).find(spamca.Model, "Model", globs={}):
        runner.run(test)
    assert runner.tries > 5
    assert runner.failures == 0
