from __future__ import annotations

import numpy as np
import pytest

import spamca
from spamca.metrics import mixing


@pytest.fixture
def points():
    return np.random.default_rng(0).normal(size=(400, 3))


def test_mixing_of_sections(points):
    library, labels = np.repeat(["a", "b"], 200), np.tile([0, 1], 200)
    embedding = points + 20 * labels[:, None]
    mixed = mixing(library, domains=labels, embedding=embedding, labels=labels)
    assert list(mixed) == ["section entropy", "iLISI", "cLISI"]
    assert mixed["section entropy"] == pytest.approx(1)
    assert mixed["iLISI"] > 0.85
    assert mixed["cLISI"] == pytest.approx(1)
    apart = mixing(library, domains=library, embedding=points + 20 * (library == "b")[:, None], labels=labels)
    assert apart["section entropy"] == pytest.approx(0)
    assert apart["iLISI"] == pytest.approx(0)
    assert apart["cLISI"] < 0.2


def test_what_is_not_given_is_not_measured(points):
    library = np.repeat(["a", "b"], 200)
    assert mixing(library) == {}
    assert list(mixing(library, embedding=points)) == ["iLISI"]
    assert list(mixing(library, domains=library)) == ["section entropy"]


def test_spots_without_a_label_are_left_out(points):
    library = np.repeat(["a", "b"], 200)
    labels = np.tile(["x", "y", "unknown", "nan"], 100)
    embedding = points + 20 * (labels == "y")[:, None]
    assert mixing(library, embedding=embedding, labels=labels)["cLISI"] > 0.9
    assert np.isnan(mixing(library, embedding=embedding, labels=["x"] * 400)["cLISI"])


def test_one_section_cannot_be_mixed(points):
    with pytest.raises(ValueError, match="library must name two sections at least, got 1"):
        mixing(["a"] * 400, embedding=points)
    with pytest.raises(ValueError, match="library has 3, embedding has 400"):
        mixing(["a", "b", "a"], embedding=points)


def test_tissue_is_no_array():
    mdata = spamca.datasets.simulated(n_spots=40, n_domains=2, n_features=3)
    with pytest.raises(TypeError, match=r"got MuData; call spamca\.metrics\.score"):
        spamca.metrics.mixing(mdata)
    with pytest.raises(TypeError, match=r"got AnnData; call spamca\.metrics\.score"):
        spamca.metrics.agreement(mdata["rna"], mdata.obs["label"])
