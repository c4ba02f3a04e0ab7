from __future__ import annotations

import logging

import mudata
import numpy as np
import pytest

import spamca

MERGED = {"0": "core", "2": "core", "1": "rim/edge"}


@pytest.fixture
def before(integrated):
    return integrated.copy()


def test_names_follow_everywhere(integrated, before):
    spamca.tl.rename_domains(integrated, {"0": "core", "2": "rim/edge"})
    assert list(integrated.obs["spamca"].cat.categories) == ["core", "1", "rim/edge"]
    np.testing.assert_array_equal(integrated.obs["spamca"].cat.codes, before.obs["spamca"].cat.codes)
    assert list(integrated.obsm["spamca_posterior"]) == ["core", "1", "rim_edge"]
    np.testing.assert_array_equal(integrated.obsm["spamca_posterior"], before.obsm["spamca_posterior"])
    np.testing.assert_array_equal(integrated.obs["spamca_confidence"], before.obs["spamca_confidence"])
    assert integrated.uns["spamca_colors"] == before.uns["spamca_colors"]
    assert integrated.uns["spamca_color_record"]["categories"] == ["core", "1", "rim/edge"]
    assert "spamca_components" not in integrated.obsm
    for name, modality in integrated.mod.items():
        assert list(modality.obs["spamca"]) == list(integrated.obs["spamca"])
        assert modality.uns["spamca_color_record"]["categories"] == ["core", "1", "rim/edge"]
        assert list(modality.uns["spamca_colors"]) == list(before[name].uns["spamca_colors"])
    assert spamca.Model.from_mudata(integrated).domains == ["core", "1", "rim/edge"]


def test_merged_domains_sum_their_posterior(integrated, before):
    spamca.tl.rename_domains(integrated, MERGED)
    old, parts = before.obs["spamca"].astype(str), before.obsm["spamca_posterior"]
    assert list(integrated.obs["spamca"].astype(str)) == [MERGED[name] for name in old]
    found = integrated.obsm["spamca_posterior"]
    np.testing.assert_allclose(found["core"], parts["0"] + parts["2"], rtol=1e-6)
    np.testing.assert_array_equal(found["rim_edge"], parts["1"])
    own = np.where(old == "1", found["rim_edge"], found["core"])
    np.testing.assert_array_equal(integrated.obs["spamca_confidence"], own)
    np.testing.assert_array_equal(integrated.obsm["spamca_components"], parts)
    assert integrated.uns["spamca_colors"] == before.uns["spamca_colors"][:2]
    for name in integrated.mod:
        column = f"{name}:spamca_weight"
        np.testing.assert_array_equal(integrated.obs[column], before.obs[column])


def test_a_merge_stays_a_merge_in_the_model(integrated, before, tmp_path):
    spamca.tl.rename_domains(integrated, MERGED)
    integrated.write(tmp_path / "merged.h5mu")
    spamca.Model.from_mudata(mudata.read_h5mu(tmp_path / "merged.h5mu")).save(tmp_path / "merged.safetensors")
    model = spamca.Model.load(tmp_path / "merged.safetensors")
    assert model.domains == ["core", "rim/edge"]
    whole, other = before.copy(), before.copy()
    spamca.tl.transform(whole, spamca.Model.from_mudata(before))
    spamca.tl.transform(other, model)
    assert list(other.obs["spamca"].astype(str)) == [MERGED[name] for name in whole.obs["spamca"].astype(str)]
    parts = whole.obsm["spamca_posterior"]
    np.testing.assert_allclose(other.obsm["spamca_posterior"]["core"], parts["0"] + parts["2"], rtol=1e-6)
    moved, each = other.uns["spamca"]["transform"]["moved"], whole.uns["spamca"]["transform"]["moved"]
    assert moved == {"core": max(each["0"], each["2"]), "rim_edge": each["1"]}
    assert other.uns["spamca_colors"] == before.uns["spamca_colors"][:2]


def test_merges_and_names_can_follow_one_another(integrated):
    spamca.tl.rename_domains(integrated, {"0": "core", "2": "core"})
    spamca.tl.rename_domains(integrated, {"core": "1", "1": "rim"})
    assert list(integrated.obs["spamca"].cat.categories) == ["1", "rim"]
    model = spamca.Model.from_mudata(integrated)
    assert (model.domains, model.members.tolist()) == (["1", "rim"], [0, 1, 0])
    spamca.tl.rename_domains(integrated, {"rim": "1"})
    assert spamca.Model.from_mudata(integrated).domains == ["1"]
    np.testing.assert_allclose(integrated.obs["spamca_confidence"], 1, rtol=1e-6)
    spamca.tl.cluster(integrated, 3)
    assert spamca.Model.from_mudata(integrated).domains == ["0", "1", "2"]
    assert "spamca_components" not in integrated.obsm


def test_what_was_renamed_by_hand_is_taken_over(integrated):
    integrated.obs["spamca"] = integrated.obs["spamca"].astype(str).map(MERGED).astype("category")
    spamca.tl.rename_domains(integrated, {})
    assert list(integrated.obsm["spamca_posterior"]) == ["core", "rim_edge"]
    assert set(integrated["rna"].obs["spamca"]) == {"core", "rim/edge"}
    assert spamca.Model.from_mudata(integrated).domains == ["core", "rim/edge"]


@pytest.mark.slow
def test_results_follow_a_name_and_are_removed_by_a_merge(integrated, tmp_path, caplog):
    spamca.tl.drivers(integrated, n_folds=2)
    spamca.tl.variance_explained(integrated)
    spamca.tl.describe(integrated, n_permutations=10)
    spamca.tl.trajectory(integrated, root="0")
    spamca.tl.hierarchy(integrated, n_clusters_range=(2, 4), store=2)
    before = integrated.copy()
    names = {"0": "core", "1": "rim"}
    spamca.tl.rename_domains(integrated, names)
    drivers = integrated.uns["spamca_drivers"]
    assert list(drivers["domain"].cat.categories) == ["core", "rim", "2"]
    assert list(drivers["effect"]) == list(before.uns["spamca_drivers"]["effect"])
    assert set(integrated.uns["spamca_variance_explained"]["domain"]) == {"all", "core", "rim", "2"}
    assert set(integrated.uns["spamca_description"]["neighbors"]["neighbor"]) == {"core", "rim", "2"}
    assert integrated.uns["spamca_paga"]["names"] == ["core", "rim", "2"]
    tree = integrated.uns["spamca_hierarchy"]
    assert tree["domains"][:3] == ["core", "rim", "2"]
    assert list(integrated.obsm["spamca_hierarchy"]["3"].astype(str)) == list(integrated.obs["spamca"].astype(str))
    assert set(integrated.obs["spamca_2"]) == {names.get(name, name) for name in before.obs["spamca_2"]}
    spamca.pl.hierarchy(integrated)
    spamca.pl.drivers(integrated)
    spamca.report(integrated, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "spamca.tl.rename_domains(mdata, names={&#39;0&#39;: &#39;core&#39;" in page
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.rename_domains(integrated, {"2": "rim"})
    assert "rename_domains: removed ['spamca_drivers', 'spamca_variance_explained'," in caplog.text
    gone = ("drivers", "variance_explained", "description", "nhood_enrichment", "paga", "hierarchy")
    assert not {f"spamca_{name}" for name in gone}.intersection(integrated.uns)
    assert "spamca_2" not in integrated.obs
    assert "spamca_pseudotime" not in integrated.obs
    spamca.tl.drivers(integrated, n_folds=2)
    table = integrated.uns["spamca_drivers"]
    assert list(table["domain"].cat.categories) == ["core", "rim"]
    np.testing.assert_allclose(table.groupby("domain", observed=True)["contribution"].sum(), 1, atol=1e-3)
    spamca.tl.hierarchy(integrated, n_clusters_range=(2, 3))
    spamca.tl.describe(integrated, n_permutations=10)


def test_other_columns_are_renamed(integrated):
    integrated.obs["region"] = integrated.obs["spamca"].cat.rename_categories(["a", "b", "c"])
    spamca.tl.rename_domains(integrated, {"a": "b"}, key="region")
    assert list(integrated.obs["region"].cat.categories) == ["b", "c"]
    assert "region_posterior" not in integrated.obsm


@pytest.mark.parametrize(
    ("names", "key", "error", "says"),
    [
        (["a", "b", "c"], "spamca", TypeError, "names must map"),
        ({0: "a"}, "spamca", TypeError, "names must map"),
        ({"7": "a"}, "spamca", KeyError, "names has .*'7'"),
        ({"0": " "}, "spamca", ValueError, "must not be empty or blank"),
        ({"0": "T zone", "1": "T zone "}, "spamca", ValueError, r"must not begin or end with a space.*pass 'T zone'"),
        ({"0": "a"}, "none", KeyError, "not a column"),
        ({"0": "a"}, "spamca_confidence", ValueError, "holds numbers"),
    ],
)
def test_what_cannot_be_renamed_is_named(integrated, before, assert_same, names, key, error, says):
    with pytest.raises(error, match=says):
        spamca.tl.rename_domains(integrated, names, key=key)
    assert_same(before, integrated)


def test_a_copy_leaves_the_tissue(integrated, before, assert_same):
    found = spamca.tl.rename_domains(integrated, MERGED, copy=True)
    assert_same(before, integrated)
    assert list(found.obs["spamca"].cat.categories) == ["core", "rim/edge"]
