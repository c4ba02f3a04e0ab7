from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import spamca
from spamca._report import page as make_page
from spamca._report import sections
from spamca._report.blocks import Text
from spamca._report.file import write

ALWAYS = ["Tissue", "Domains", "Confidence", "Number of domains", "Weights of the modalities", "Scores"]
END = ["Training", "Warnings", "Parameters", "How to reproduce"]
COMPUTED = ("Drivers", "Variance explained", "Shape and surroundings")


@pytest.fixture
def few(monkeypatch):
    """Only some sections, by their anchors: figures take time."""

    def choose(*names):
        monkeypatch.setattr("spamca._report.pages.SECTIONS", [one for one in sections.SECTIONS if one.name in names])

    return choose


@pytest.fixture(autouse=True)
def _only_what_is_stored(request, monkeypatch):
    """Nothing is computed for a page, which takes time, but where that is tested."""
    if request.node.get_closest_marker("usefixtures") is None:
        monkeypatch.setattr("spamca._report.missing.MISSING", ())


@pytest.fixture
def computing():
    """What is missing is computed."""


@pytest.mark.usefixtures("computing")
@pytest.mark.slow
def test_the_whole_page(integrated, tmp_path, page, assert_same):
    before = integrated.copy()
    path = spamca.report(integrated, tmp_path / "report.html", label_key="label")
    assert path == tmp_path / "report.html"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert_same(integrated, before)
    assert plt.get_fignums() == []

    text = path.read_text(encoding="utf-8")
    found = page(text)
    assert [name for name in found.sections if name not in COMPUTED] == [*ALWAYS, *END]
    assert set(COMPUTED) <= set(found.sections)
    assert "could not be made" not in text
    (html,) = found.all("html")
    assert html[0]["lang"] == "en"
    assert [len(found.all(name)) for name in ("title", "main", "nav", "h1", "header", "footer")] == [1] * 6

    levels = [int(tag[1]) for tag, *_ in found.elements if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes, _ in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"][1:] for attributes, _ in found.all("a")]
    targets += [a["aria-labelledby"] for _, a, _ in found.elements if "aria-labelledby" in a]
    assert set(targets) <= set(ids)

    images = [attributes for attributes, _ in found.all("img")]
    assert len(images) >= 5
    for image in images:
        assert image["src"].startswith("data:image/")
        assert image["alt"].endswith(".")
        assert len(image["alt"]) > 30
        assert int(image["width"]) > 100
    tables, captions = found.all("table"), [text for _, text in found.all("caption")]
    assert len(tables) == len(captions) == len(set(captions))
    assert all("scope" in attributes for attributes, _ in found.all("th"))
    assert found.all("script") == []
    links = [a[name] for _, a, _ in found.elements for name in ("src", "href", "srcset") if name in a]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "url(" not in text.split("</style>")[0]
    assert "@import" not in text


def test_numbers_are_those_of_the_tissue(integrated, page, few):
    few("domains", "weights", "scores")
    found = page(make_page(integrated, label_key="label"))
    sizes = integrated.obs["spamca"].value_counts(sort=False)
    confidence = integrated.obs.groupby("spamca", observed=False)["spamca_confidence"].mean()
    assert found.table("Sizes of the domains") == [
        ["Domain", "Spots", "Share", "Mean confidence"],
        *([name, str(n), f"{100 * n / 225:.0f} %", f"{confidence[name]:.2f}"] for name, n in sizes.items()),
    ]
    first = found.all("img")[0][0]["alt"]
    assert first == f"Tissue of 225 spots in 3 domains; the largest, 0, holds {100 * sizes.iloc[0] / 225:.0f} %."
    weight = integrated["rna"].obs["spamca_weight"].mean()
    assert found.table("Mean weight in each domain")[-1] == ["all spots", f"{weight:.2f}", f"{1 - weight:.2f}"]
    agreement = spamca.metrics.agreement(integrated.obs["label"], integrated.obs["spamca"])
    scores = {name: value for name, value, _ in found.table("Scores")[1:]}
    assert float(scores["ARI"]) == pytest.approx(agreement["ARI"], rel=1e-2)
    assert len(found.table("Commonest label of each domain")) == 4


def test_the_same_result_gives_the_same_page(integrated, few):
    few("domains", "training")
    with plt.style.context("dark_background"):
        dark = make_page(integrated)
    assert dark == make_page(integrated)


def test_names_are_text_and_no_markup(integrated, page, few):
    few("tissue", "domains", "scores")
    bad = '<b>"x"&</b>'
    integrated.mod["rna"].uns["spamca"]["steps"] = "<script>alert(1)</script>"
    integrated.obs["spamca"] = integrated.obs["spamca"].cat.rename_categories({"0": bad})
    integrated.obs["<i>"] = integrated.obs["label"]
    integrated.uns["spamca_colors"] = ["red; background: url(x)", "blue", "green"]
    text = make_page(integrated, title="<h1>", label_key="<i>")
    found = page(text)
    assert found.all("b", "i", "script") == []
    assert len(found.all("h1")) == 1
    assert found.all("h1")[0][1] == "<h1>"
    assert found.table("Sizes of the domains")[1][0] == bad
    assert bad in found.all("img")[0][0]["alt"]
    assert "url(" not in text


def test_sections_of_a_tissue(page, few):
    few("tissue", "domains")
    mdata = spamca.datasets.simulated(n_spots=60, n_domains=2, n_features=4, n_sections=2)
    mdata.uns["spatial_neighbors"] = {"params": {"library_key": "section"}}
    found = page(make_page(mdata, key="label"))
    assert found.table("Sections") == [["Section", "Spots"], ["section 1", "30"], ["section 2", "30"]]
    assert found.table("Sizes of the domains")[0][3:] == ["Share of section 1", "Share of section 2"]
    assert "60 spots and 2 sections in 2 domains" in found.all("img")[0][0]["alt"]


@pytest.mark.slow
def test_spots_without_a_domain_and_views(integrated, page, few):
    few("tissue", "domains", "confidence", "weights", "scores")
    integrated.obs.loc[integrated.obs_names[:25], "spamca"] = np.nan
    found = page(make_page(integrated[10:].copy()))
    counts = [int(row[1]) for row in found.table("Sizes of the domains")[1:]]
    assert sum(counts) == 200
    assert "could not be made" not in found.text
    assert "could not be made" not in make_page(integrated[20:])


def test_what_is_stored_by_other_functions(integrated, page, few, monkeypatch):
    few("drivers", "variance", "descriptions", "number", "hierarchy")
    rows = [(d, "rna", f"gene{d}{i}", 2.5 - i, 0.9, 0.5, 0.25, 1e-9, 0.8) for d in "01" for i in range(7)]
    rows += [("2", "rna", "gene01", *[np.nan] * 5, 0.1)]
    names = [
        "domain",
        "modality",
        "feature",
        "effect",
        "log2_fold_change",
        "share_in",
        "share_out",
        "q_value",
        "overlap",
    ]
    integrated.uns["spamca_drivers"] = pd.DataFrame(rows, columns=names)
    explained = [("rna", "0", 0.25), ("rna", "1", 0.5), ("protein", "0", 0.005), ("protein", "1", 0.1)]
    columns = ["modality", "domain", "variance_explained"]
    integrated.uns["spamca_variance_explained"] = pd.DataFrame(explained, columns=columns)
    domains = pd.DataFrame(
        {"section": "a", "domain": ["0", "1"], "n_spots": [150, 75], "n_pieces": [1, 2], "elongation": [0.5, 0.25]}
    )
    shares = [0.1, 0.4, 0.3, 0.2]
    neighbors = pd.DataFrame({"section": "a", "domain": ["0"] * 4, "neighbor": list("1<>2"), "share": shares})
    integrated.uns["spamca_description"] = {"domains": domains, "neighbors": neighbors}
    levels = {"levels": np.array([2, 3]), "support": np.array([1.0, 0.5])}
    integrated.uns["spamca_hierarchy"] = levels
    tried = np.arange(2, 5)
    integrated.uns["spamca_n_clusters"] = {
        "n_clusters": 3,
        "tried": tried,
        "plausible": np.array([3, 4]),
        **dict.fromkeys(("gain", "evidence", "stability", "coherence", "error"), tried / 10),
    }
    for verb in ("drivers", "variance_explained", "hierarchy"):  # as long as they do not exist
        monkeypatch.setattr(spamca.pl, verb, lambda mdata, **_: plt.subplots()[1], raising=False)
    found = page(make_page(integrated))
    assert found.sections == [
        "Shape and surroundings",
        "Number of domains",
        "Drivers",
        "Variance explained",
        "Hierarchy",
    ]
    drivers = found.table("First 5 features of each domain")
    assert drivers[1] == ["Domain 0"]
    assert drivers[2] == ["gene00", "rna", "2.50", "0.900", "50 %", "25 %", "1.0e-09", "0.800"]
    assert "Left out: 1 pair of 1 domain" in found.text
    assert [row[0] for row in drivers[7:9]] == ["Domain 1", "gene10"]
    assert "No feature is significant (q below 0.05) in domain 2." in found.text
    assert found.table("Variance explained") == [
        ["Domain", "rna", "protein"],
        ["0", "25 %", "0.5 %"],
        ["1", "50 %", "10 %"],
    ]
    assert found.table("Size and shape of the domains")[1] == ["0", "150", "1", "0.500"]
    ranked = found.table("First 3 neighbours of each domain, by share of the edges that leave it")
    assert ranked == [["Domain", "Neighbour", "Share"], ["0", "<", "40 %"], ["0", ">", "30 %"], ["0", "2", "20 %"]]
    assert found.table("Levels") == [["Domains", "Support"], ["2", "1.00"], ["3", "0.500"]]
    alts = [attributes["alt"] for attributes, _ in found.all("img")]
    assert "Strongest features of each domain; the first are gene00 in 0; gene10 in 1." in alts
    assert "3 and 4 are plausible" in found.text
    assert found.table("Criteria of each number of domains")[2] == ["3", "0.300", "0.300", "0.300", "0.300", "yes"]


def test_an_estimate_of_the_same_embedding_or_of_another_name_is_found(integrated, page, few):
    few("number")
    tried = np.arange(2, 5)
    estimate = {"n_clusters": 3, "tried": tried, "plausible": np.array([3])}
    integrated.uns["spamca_n_clusters"] = {**estimate, **dict.fromkeys(("evidence", "stability", "error"), tried / 10)}
    spamca.tl.cluster(integrated, 2, key_added="two")
    text = page(make_page(integrated, key="two")).text
    assert "Numbers from 2 to 4 were compared, and 3 was chosen" in text
    assert "under the name" not in text
    integrated.uns["other_n_clusters"] = integrated.uns.pop("spamca_n_clusters")
    text = page(make_page(integrated, key="two")).text
    assert "estimated under the name &#39;other&#39;" in text
    assert "Numbers from 2 to 4 were compared" in text


def test_settings_of_a_training_are_shown_only_where_there_was_one(integrated, few):
    few("parameters")
    assert "learning_rate" in make_page(integrated)
    integrated.uns["spamca"] = {**integrated.uns["spamca"], "history": {"total": np.zeros(0)}}
    text = make_page(integrated)
    assert "learning_rate" not in text
    assert "n_latent" in text


def test_labels_that_are_missing_are_counted(integrated, few):
    few("scores")
    assert "left out" not in make_page(integrated, label_key="label")
    integrated.obs.loc[integrated.obs_names[:7], "label"] = np.nan
    text = make_page(integrated, label_key="label")
    assert "7 spots without a label were left out. A label and a domain of one colour are matched one to one." in text


@pytest.mark.slow
def test_warnings_of_packages_at_their_import_do_not_reach_the_user(integrated, tmp_path):
    integrated.write(tmp_path / "tissue.h5mu")
    lines = [
        "import mudata, spamca",
        "mdata = mudata.read_h5mu('tissue.h5mu')",
        "spamca.tl.describe(mdata)",
    ]
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "docrep" not in ran.stderr


@pytest.mark.usefixtures("computing")
def test_what_is_missing_is_computed_unless_it_is_not_wanted(integrated, few, monkeypatch):
    few("warnings")
    ran = []

    def stands_for(verb):
        def compute(mdata, *, key):
            ran.append(verb)
            mdata.uns[f"{key}_{verb}"] = pd.DataFrame()

        return compute

    for verb in ("drivers", "variance_explained", "describe"):
        monkeypatch.setattr(spamca.tl, verb, stands_for(verb), raising=False)
    make_page(integrated, compute=False)
    assert ran == []
    make_page(integrated)
    assert ran == ["drivers", "variance_explained", "describe"]
    assert "spamca_drivers" not in integrated.uns
    integrated.uns["spamca_drivers"] = pd.DataFrame()
    make_page(integrated)
    assert ran[3:] == ["variance_explained", "describe"]
    few("drivers")
    monkeypatch.setattr("spamca._report.missing.MOST_VALUES", 200)
    del integrated.uns["spamca_drivers"]
    assert "not computed for a report because that takes long" in make_page(integrated)
    assert ran[5:] == ["describe"]


@pytest.mark.usefixtures("computing")
def test_a_part_that_fails_costs_only_itself(integrated, page, monkeypatch, caplog):
    def fails(subject):
        yield Text("so far")
        logging.getLogger("spamca").warning("<own>")
        warnings.warn("of a package", UserWarning, stacklevel=1)
        raise ValueError(*["no luck"])

    def drivers(mdata, *, key):
        raise RuntimeError(*["no drivers"])

    monkeypatch.setattr(spamca.tl, "drivers", drivers, raising=False)
    monkeypatch.setattr(spamca.tl, "variance_explained", lambda mdata, **_: None, raising=False)
    parts = [
        sections.Part("a", "A", fails),
        *(one for one in sections.SECTIONS if one.name in ("warnings", "parameters")),
    ]
    monkeypatch.setattr("spamca._report.pages.SECTIONS", parts)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        found = page(make_page(integrated))
    assert found.sections == ["A", "Warnings", "Parameters"]
    assert ({}, "This section could not be made: ValueError: no luck") in found.all("p")
    assert [text for attributes, text in found.all("li") if not text.startswith(("A", "W", "P"))] == [
        "report: spamca.tl.drivers failed: RuntimeError: no drivers",
        "<own>",
        "UserWarning: of a package",
        "report: the section 'A' could not be made: ValueError: no luck",
    ]
    assert "<own>" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "other"}, KeyError, r"key='other': mdata.obs has no domains .*\(mdata, key_added='other'\)"),
        ({"key": "spamca_confidence"}, ValueError, "key='spamca_confidence' must hold categories.* got float32"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"label_key": "truth"}, KeyError, r"label_key='truth' is not a column of mdata.obs, which has \["),
        ({"title": 3}, TypeError, "title must be a string, got 3"),
        ({"compute": "yes"}, TypeError, "compute must be True or False, got 'yes'"),
        ({"overwrite": 1}, TypeError, "overwrite must be True or False, got 1"),
    ],
)
def test_refused(integrated, tmp_path, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.report(integrated, tmp_path / "report.html", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_no_domains(with_graphs, tmp_path):
    with pytest.raises(KeyError, match=r"no domains of that name; run spamca.tl.integrate\(mdata\)"):
        spamca.report(with_graphs, tmp_path / "report.html")
    with pytest.raises(TypeError, match="must be a MuData, got AnnData"):
        spamca.report(with_graphs["rna"], tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_if_wanted(integrated, tmp_path, few):
    few("tissue")
    path = tmp_path / "report.html"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already; give another name, or overwrite=True"):
        spamca.report(integrated, path)
    assert path.read_text() == "mine"
    spamca.report(integrated, str(path), overwrite=True)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        spamca.report(integrated, tmp_path)
    with pytest.raises(FileNotFoundError, match="lies in a folder that does not exist"):
        spamca.report(integrated, tmp_path / "none" / "report.html")


def test_an_interruption_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("before")

    def interrupted(_):
        assert path.read_text() == "before"
        assert len(list(tmp_path.iterdir())) == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "half", overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "before"
