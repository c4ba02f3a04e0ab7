from __future__ import annotations

import logging

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca

N_SECTIONS = 8


@pytest.fixture(scope="module")
def _sections():
    """Eight sections of 100 spots with three domains, four treated; domain 1 is larger there, and expresses protein1 more."""
    mdata = spamca.datasets.simulated(n_spots=100 * N_SECTIONS, n_domains=3, n_features=20, n_sections=N_SECTIONS)
    spamca.pp.neighbors(mdata, library_key="section")
    number = mdata.obs["section"].cat.codes.to_numpy()
    rng = np.random.default_rng(0)
    treated = number >= 4
    x = mdata.obsm["spatial"][:, 0]
    cut = np.where(treated, 5.5, 2.5) + rng.uniform(-1, 1, N_SECTIONS)[number]
    mdata.obs["domain"] = np.where(x < cut, "one", np.where(x < 8, "two", "three"))
    mdata.obs["condition"] = np.where(treated, "treated", "control")
    mdata.obs["donor"] = [f"donor {n % 4}" for n in number]
    mdata.obs["age"] = np.array([30.0, 40, 50, 60, 35, 45, 55, 65])[number]
    X = mdata["protein"].X.toarray()
    X[:, 0] = rng.poisson(np.where(treated & (mdata.obs["domain"] == "one"), 60, 20))
    mdata["protein"].X = X
    return mdata


@pytest.fixture
def sections(_sections):
    return _sections.copy()


def compared(mdata, **arguments):
    spamca.tl.compare(mdata, "condition", key="domain", **arguments)
    return mdata.uns["domain_comparison"]["table"]


def some(mdata, *numbers):
    return mdata[np.isin(mdata.obs["section"].cat.codes, numbers)].copy()


def test_shares(sections):
    table = compared(sections, what="share").set_index("domain")
    assert (table.loc["one", "group"], table.loc["one", "reference"]) == ("treated", "control")
    assert table.loc["one", "p_value"] == pytest.approx(2 / 70)
    counts = pd.crosstab(sections.obs["section"], sections.obs["domain"])[["one", "three", "two"]]
    shares = counts.div(counts.sum(axis=1), axis=0)
    assert table.loc["one", "mean_group"] == pytest.approx(shares["one"].iloc[4:].mean())
    logged = np.log2(counts + 0.5)
    centred = logged.sub(logged.mean(axis=1), axis=0)["one"]
    assert table.loc["one", "effect"] == pytest.approx(centred.iloc[4:].mean() - centred.iloc[:4].mean())
    assert table.loc["one", "ci_low"] < table.loc["one", "effect"] < table.loc["one", "ci_high"]


def test_features(sections):
    table = compared(sections, modality="protein").query("what == 'feature'").set_index(["domain", "other"])
    hit = table.loc[("one", "protein:protein1")]
    assert hit["effect"] == pytest.approx(np.log2(3), abs=0.3)
    assert hit["p_value"] == pytest.approx(2 / 70)
    assert abs(table.loc[("two", "protein:protein1"), "effect"]) < 0.3


def test_neighbors(sections):
    table = compared(sections, what="neighbors")
    assert len(table) == 6
    assert set(table["other"]) == {"one", "two", "three"}
    assert table.set_index(["domain", "other"]).loc[("one", "two"), "mean_group"] == pytest.approx(1, abs=0.1)


def test_sections_are_stored(sections):
    compared(sections, what="share")
    held = sections.uns["domain_comparison"]["sections"]
    assert len(held) == 3 * N_SECTIONS
    assert held.groupby("section", observed=True)["share"].sum().to_numpy() == pytest.approx(np.ones(N_SECTIONS))
    assert held.query("section == 'section 1'")["group"].unique().tolist() == ["control"]


def test_the_reference_can_be_chosen(sections):
    one, other = compared(sections, what="share"), compared(sections, what="share", reference="treated")
    assert set(other["group"]) == {"control"}
    np.testing.assert_allclose(one["effect"], -other["effect"])


def test_the_reference_may_be_a_number(sections):
    sections.obs["condition"] = (sections.obs["condition"] == "treated").astype(int)
    assert set(compared(sections, what="share", reference=1)["group"]) == {"0"}


def test_three_against_three_cannot_reach_the_level(sections, caplog):
    caplog.set_level(logging.WARNING, logger="spamca")
    table = compared(some(sections, 0, 1, 2, 4, 5, 6), what="share")
    assert table["p_value"].min() == table["p_least"].min() == pytest.approx(0.1)
    assert "can be below 0.1" in caplog.text
    assert compared(some(sections, 0, 1, 2, 4, 5, 6), what="share", test="t")["p_value"].min() < 0.05


def test_two_sections_give_effects_alone(sections, caplog):
    caplog.set_level(logging.WARNING, logger="spamca")
    table = compared(some(sections, 0, 1, 4, 5, 6), what="share")
    assert table["effect"].notna().all()
    assert table[["p_value", "q_value", "ci_low"]].isna().all(axis=None)
    assert "(3 and 2 sections): at least 3 sections" in caplog.text


def test_donors_with_both_groups_are_paired(sections):
    table = compared(sections, what="share", donor_key="donor")
    assert table["p_value"].min() == pytest.approx(2 / 2**4)
    assert sections.uns["domain_comparison"]["params"]["test"] == "permutation"


@pytest.mark.slow
def test_covariates_need_a_mixed_model(sections):
    table = compared(sections, what="share", covariates=["age"])
    assert sections.uns["domain_comparison"]["params"]["test"] == "mixed"
    assert table.set_index("domain").loc["one", "p_value"] < 0.01


def test_donors_of_which_some_have_both_groups(sections):
    number = sections.obs["section"].cat.codes
    sections.obs["donor"] = np.array(["a", "b", "c", "d", "a", "e", "f", "g"])[number]
    compared(sections, what="share", donor_key="donor")
    assert sections.uns["domain_comparison"]["params"]["test"] == "mixed"


def test_more_than_two_groups(sections):
    number = sections.obs["section"].cat.codes.to_numpy()
    sections.obs["condition"] = np.array(["a", "b", "c"])[np.minimum(number // 3, 2)]
    table = compared(sections, what="share")
    assert table["group"].astype(str).tolist() == ["b"] * 3 + ["c"] * 3
    assert table["p_value"].isna().tolist() == [False] * 3 + [True] * 3


def test_same_seed_same_table(sections):
    one, other = (compared(sections, what="share", n_permutations=100, random_state=s).copy() for s in (1, 1))
    pd.testing.assert_frame_equal(one, other)


def test_survives_a_file(sections, tmp_path):
    table = compared(sections, modality="protein")
    sections.write_h5mu(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu").uns["domain_comparison"]
    pd.testing.assert_frame_equal(read["table"], table, check_dtype=False)
    assert read["params"]["groupby"] == "condition"


def test_copy(sections, assert_same):
    before = sections.copy()
    other = spamca.tl.compare(sections, "condition", key="domain", copy=True)
    assert_same(before, sections)
    assert "domain_comparison" in other.uns


@pytest.mark.parametrize(
    ("groupby", "arguments", "error", "message"),
    [
        ("no", {}, KeyError, "groupby='no' is not a column"),
        ("domain", {}, ValueError, "groupby='domain' must have one value in each section, section 'section 1' has"),
        ("all", {}, ValueError, "groupby='all' has one group, 'x', in 8 sections"),
        ("condition", {"reference": "no"}, ValueError, "reference='no' is not a group"),
        ("condition", {"key": "section"}, ValueError, "each domain of key='section' occurs in one section only"),
        ("condition", {"library_key": "all"}, ValueError, "there is one section"),
        ("condition", {"what": "size"}, ValueError, "what must be one of"),
        ("condition", {"what": []}, ValueError, r"what=\[\] names nothing to compare"),
        ("condition", {"modality": "rna", "features": "gene1"}, TypeError, r"features must be a list.*\['gene1'\]"),
        ("condition", {"features": ["gene1"]}, ValueError, "needs a modality; pass modality='rna'"),
        ("condition", {"layer": "counts"}, ValueError, "layer='counts' needs a modality; pass modality='rna'"),
        ("condition", {"what": "feature"}, ValueError, "needs a modality"),
        ("condition", {"modality": "dna"}, ValueError, "modality must be one of"),
        ("condition", {"modality": "rna", "features": ["no"]}, KeyError, r"features \['no'\]"),
        ("condition", {"modality": "rna", "layer": "no"}, KeyError, "layer='no'"),
        ("condition", {"test": "z"}, ValueError, "test must be one of"),
        ("condition", {"test": "t", "covariates": ["age"]}, ValueError, "test='t' cannot take covariates"),
        ("condition", {"covariates": ["same"]}, ValueError, "cannot be separated from covariates"),
        ("condition", {"covariates": ["spot"]}, ValueError, "covariates='spot' must have one value"),
        ("condition", {"covariates": "age"}, TypeError, "covariates must be a list"),
        ("condition", {"donor_key": "domain"}, ValueError, "donor_key='domain' must have one value"),
        ("condition", {"n_permutations": 1}, ValueError, "n_permutations must be at least 100"),
    ],
)
def test_what_cannot_be_compared(sections, groupby, arguments, error, message, assert_same):
    sections.obs["same"] = (sections.obs["condition"] == "treated").map({True: "slide 1", False: "slide 2"})
    sections.obs["all"], sections.obs["spot"] = "x", np.arange(sections.n_obs)
    before = sections.copy()
    with pytest.raises(error, match=message):
        spamca.tl.compare(sections, groupby, **{"key": "domain", **arguments})
    assert_same(before, sections)


def test_a_section_without_domains(sections):
    sections.obs["domain"] = sections.obs["domain"].where(sections.obs["section"] != "section 3")
    with pytest.raises(ValueError, match="section 'section 3' has no spot with a domain"):
        compared(sections)


def test_two_domains_have_no_neighbors_to_compare(sections):
    sections.obs["domain"] = np.where(sections.obs["domain"] == "one", "one", "two")
    assert set(compared(sections)["what"]) == {"share"}
    with pytest.raises(ValueError, match="with 2 domains the border of each is with the other"):
        compared(sections, what="neighbors")
