from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca


def test_of_found_domains(integrated):
    spamca.tl.describe(integrated, n_permutations=20)
    held = integrated.uns["spamca_description"]
    table = held["domains"]
    assert table["n_spots"].tolist() == integrated.obs["spamca"].value_counts().sort_index().tolist()
    own = integrated.obs["spamca"] == "1"
    assert table["confidence"][1] == pytest.approx(integrated.obs["spamca_confidence"][own].mean())
    assert table["rna:weight"][1] == pytest.approx(integrated.obs["rna:spamca_weight"][own].mean())
    assert set(held) == {"domains", "neighbors", "params"}
    assert table["section"].tolist() == ["tissue"] * 3


def test_mean_weights_sum_to_one_where_spots_lack_a_modality(integrated):
    row = np.arange(integrated.n_obs)
    protein = integrated["protein"][row >= 60].copy()
    integrated["rna"].obs["spamca_weight"] = np.where(row < 60, 1.0, 0.75)
    protein.obs["spamca_weight"] = 0.25
    tissue = mudata.MuData({"rna": integrated["rna"], "protein": protein})
    tissue.obs["spamca"], tissue.obsm["spatial"] = integrated.obs["spamca"], integrated["rna"].obsm["spatial"]
    tissue.obsp["spatial_connectivities"] = integrated.obsp["spatial_connectivities"]
    spamca.tl.describe(tissue, n_permutations=20)
    table = tissue.uns["spamca_description"]["domains"]
    np.testing.assert_allclose(table["rna:weight"] + table["protein:weight"], 1)
    has = (row >= 60).astype(float)
    share = pd.Series(has).groupby(integrated.obs["spamca"].to_numpy(), observed=True).mean()
    np.testing.assert_allclose(table["protein:weight"], 0.25 * share.to_numpy())


def test_counts_and_zscores_are_those_of_squidpy(integrated):
    import squidpy as sq

    spamca.tl.describe(integrated, n_permutations=20)
    ours = integrated.uns["spamca_nhood_enrichment"]
    theirs = sq.gr.nhood_enrichment(integrated, "spamca", n_perms=20, seed=0, copy=True, show_progress_bar=False)
    np.testing.assert_array_equal(ours["count"], theirs.counts)
    np.testing.assert_allclose(ours["zscore"], theirs.zscore)
    sq.pl.nhood_enrichment(integrated, "spamca")


@pytest.mark.slow
def test_survives_a_file(integrated, tmp_path):
    integrated.obs["type"] = pd.Categorical(np.where(np.arange(225) % 2, "T cell", "B cell"))
    spamca.tl.describe(integrated, composition="type", n_permutations=20)
    integrated.write_h5mu(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu").uns["spamca_description"]
    for name in ("domains", "neighbors", "composition"):
        pd.testing.assert_frame_equal(read[name], integrated.uns["spamca_description"][name], check_dtype=False)


def test_sections_by_themselves(tissue):
    tissue.obs["slide"] = np.where(np.arange(225) < 120, "first", "second")
    spamca.pp.neighbors(tissue, library_key="slide")
    spamca.tl.describe(tissue, key="label", n_permutations=20)
    table = tissue.uns["label_description"]["domains"]
    counted = pd.crosstab(tissue.obs["slide"], tissue.obs["label"])
    for row in table.itertuples():
        assert row.n_spots == counted.loc[row.section, row.domain]
    assert table.groupby("section", observed=True)["share"].sum().tolist() == pytest.approx([1, 1])


def test_a_section_without_labels(tissue):
    tissue.obs["slide"] = np.where(np.arange(225) < 120, "first", "second")
    tissue.obs["label"] = tissue.obs["label"].where(tissue.obs["slide"] == "first")
    spamca.pp.neighbors(tissue, library_key="slide")
    spamca.tl.describe(tissue, key="label", composition="slide", n_permutations=20)
    table = tissue.uns["label_description"]["domains"].set_index("section")
    assert table.loc["second", "n_spots"].sum() == 0
    assert table.loc["second", "perimeter"].isna().all()


def test_composition_by_column_of_a_modality_and_by_table(with_graphs):
    label = with_graphs.obs["label"].astype(str)
    with_graphs["rna"].obs["type"] = label.to_numpy()
    spamca.tl.describe(with_graphs, key="label", composition="rna:type", n_permutations=20)
    found = with_graphs.uns["label_description"]["composition"].pivot(
        index="domain", columns="category", values="share"
    )
    np.testing.assert_allclose(found.to_numpy(), np.eye(3))
    with_graphs["rna"].obsm["abundance"] = 5.0 * pd.get_dummies(label).astype(float)
    spamca.tl.describe(with_graphs, key="label", composition="abundance", n_permutations=20)
    again = with_graphs.uns["label_description"]["composition"].pivot(
        index="domain", columns="category", values="share"
    )
    np.testing.assert_allclose(again.to_numpy(), np.eye(3))


def test_spots_without_a_label(with_graphs):
    with_graphs.obs["label"] = with_graphs.obs["label"].where(np.arange(225) >= 10)
    spamca.tl.describe(with_graphs, key="label", n_permutations=20)
    assert with_graphs.uns["label_description"]["domains"]["n_spots"].sum() == 215
    assert "label_nhood_enrichment" not in with_graphs.uns


def test_copy(with_graphs, assert_same):
    before = with_graphs.copy()
    other = spamca.tl.describe(with_graphs, key="label", n_permutations=20, copy=True)
    assert_same(before, with_graphs)
    assert "label_description" in other.uns


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, KeyError, "run spamca.tl.integrate"),
        ({"key": "no"}, KeyError, "key='no' is not a column"),
        ({"key": "number"}, ValueError, "key='number' holds numbers"),
        ({"key": "label", "composition": "no"}, KeyError, "composition='no'"),
        ({"key": "label", "composition": "negative"}, ValueError, "negative shares"),
        ({"key": "label", "n_permutations": 1}, ValueError, "n_permutations must be at least 2"),
        ({"key": "label", "library_key": "no"}, KeyError, "library_key='no'"),
    ],
)
def test_what_cannot_be_described(with_graphs, arguments, error, message, assert_same):
    with_graphs.obs["one"], with_graphs.obs["number"] = "a", np.linspace(0, 1, 225)
    with_graphs.obsm["negative"] = pd.DataFrame({"a": -np.ones(225)}, with_graphs.obs_names)
    before = with_graphs.copy()
    with pytest.raises(error, match=message):
        spamca.tl.describe(with_graphs, **arguments)
    assert_same(before, with_graphs)


def test_needs_a_graph(tissue):
    with pytest.raises(KeyError, match=r"run spamca.pp.neighbors"):
        spamca.tl.describe(tissue, key="label")
