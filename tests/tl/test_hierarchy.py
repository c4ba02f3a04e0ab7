from __future__ import annotations

from pathlib import Path

import mudata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

import spamca

NARROW = {"n_clusters_range": (2, 4)}


def test_levels_are_nested_and_hold_the_domains_of_integrate(integrated):
    assert spamca.tl.hierarchy(integrated, **NARROW) is None
    levels, record = integrated.obsm["spamca_hierarchy"], integrated.uns["spamca_hierarchy"]
    assert record["levels"].tolist()[:2] == [2, 3]
    assert list(levels) == [str(k) for k in record["levels"]]
    assert (levels["3"].astype(str) == integrated.obs["spamca"].astype(str)).all()
    assert pd.crosstab(levels["3"], levels["2"]).gt(0).sum(axis=1).eq(1).all()
    assert record["n_clusters"] == 3
    assert record["agreement"][1] == 1
    assert (record["support"] <= 1).all()
    assert record["params"] == {"n_clusters_range": [2, 4], "random_state": 0}
    assert "spamca_2" not in integrated.obs


def test_nodes_are_the_tree(integrated):
    spamca.tl.hierarchy(integrated, **NARROW)
    levels, nodes = integrated.obsm["spamca_hierarchy"], integrated.uns["spamca_hierarchy"]["nodes"]
    for level, own in nodes.groupby("level"):
        assert own.set_index("domain")["n_spots"].to_dict() == levels[str(level)].value_counts().to_dict()
        if level > 2:
            before = pd.crosstab(levels[str(level)], levels[str(level - 1)]).idxmax(axis=1)
            assert own.set_index("domain")["parent"].to_dict() == before.astype(str).to_dict()
    assert set(nodes.loc[nodes["level"] == 2, "parent"]) == {""}
    assert nodes["support"].between(0, 1).all()


def test_stored_levels_have_colours_that_follow_the_tree(integrated):
    integrated.uns["spamca_colors"] = ["#111111", "#222222", "#333333"]
    spamca.tl.hierarchy(integrated, store=[2, 3], **NARROW)
    given = dict(zip("012", integrated.uns["spamca_colors"], strict=True))
    for holder in (integrated, integrated["rna"], integrated["protein"]):
        for level in ("spamca_2", "spamca_3"):
            categories = holder.obs[level].cat.categories
            assert holder.uns[f"{level}_colors"] == [given[name] for name in categories]
            assert not holder.obs[level].cat.ordered
    assert len(integrated.obs["spamca_2"].cat.categories) == 2
    record = integrated.uns["spamca_hierarchy"]
    assert record["colors"][:3] == list(given.values())
    assert len(set(record["colors"])) == len(record["domains"])


def test_columns_of_others_are_kept(integrated, assert_same):
    integrated["protein"].obs["spamca_2"] = "mine"
    integrated.update()
    before = integrated.copy()
    with pytest.raises(
        ValueError, match=r"store=2 would replace mdata\['protein'\].obs\['spamca_2'\].* rename or remove"
    ):
        spamca.tl.hierarchy(integrated, store=[3, 2], **NARROW)
    assert_same(before, integrated)
    spamca.tl.hierarchy(integrated, store=3, **NARROW)
    assert (integrated["protein"].obs["spamca_2"] == "mine").all()


@pytest.mark.slow
def test_stored_levels_follow_the_tree(integrated):
    spamca.tl.hierarchy(integrated, store=2, **NARROW)
    expected = integrated.obs["spamca_2"].copy()
    integrated.obs["spamca_2"] = expected.cat.codes
    spamca.tl.hierarchy(integrated, store=3, **NARROW)
    assert list(integrated.uns["spamca_hierarchy"]["stored"]) == [2, 3]
    pd.testing.assert_series_equal(integrated.obs["spamca_2"], expected)
    spamca.tl.hierarchy(integrated, n_clusters_range=(3, 4))
    for holder in (integrated, *integrated.mod.values()):
        assert "spamca_2" not in holder.obs
        assert "spamca_2_colors" not in holder.uns
        assert "spamca_3" in holder.obs
    spamca.tl.cluster(integrated, 4)
    assert "spamca_3" not in integrated.obs
    spamca.tl.hierarchy(integrated, store=3, **NARROW)


@pytest.mark.slow
def test_a_modality_that_came_later_is_not_read(integrated):
    spamca.tl.hierarchy(integrated, **NARROW)
    more = integrated.copy()
    more.mod["later"] = AnnData(np.ones((more.n_obs, 1)), pd.DataFrame(index=more.obs_names), pd.DataFrame(index=["x"]))
    more.update()
    del more.obsm["spamca_hierarchy"]
    spamca.tl.hierarchy(more, **NARROW)
    pd.testing.assert_frame_equal(more.obsm["spamca_hierarchy"], integrated.obsm["spamca_hierarchy"])
    spamca.tl.cluster(more, 2)
    assert more.obs["spamca"].nunique() == 2
    del more.mod["protein"]
    with pytest.raises(KeyError, match=r"of which mdata lacks \['protein'\]"):
        spamca.tl.hierarchy(more)


def test_survives_writing(integrated, tmp_path: Path):
    changed = spamca.tl.hierarchy(integrated, store=2, copy=True, **NARROW)
    assert "spamca_hierarchy" not in integrated.uns
    changed.write(tmp_path / "tree.h5mu")
    read = mudata.read_h5mu(tmp_path / "tree.h5mu")
    before, after = changed.uns["spamca_hierarchy"], read.uns["spamca_hierarchy"]
    pd.testing.assert_frame_equal(before["nodes"], after["nodes"], check_dtype=False)
    assert list(after["domains"]) == before["domains"]
    np.testing.assert_array_equal(before["support"], after["support"])
    for level in changed.obsm["spamca_hierarchy"]:
        own = read.obsm["spamca_hierarchy"][level]
        assert (own.astype(str) == changed.obsm["spamca_hierarchy"][level].astype(str)).all()
    assert (read.obs["spamca_2"].astype(str) == changed.obs["spamca_2"].astype(str)).all()
    spamca.pl.hierarchy(read)


def test_names_of_domains_stay(integrated):
    integrated.obs["spamca"] = integrated.obs["spamca"].cat.rename_categories(["cortex", "3", "medulla"])
    spamca.tl.hierarchy(integrated, **NARROW)
    assert integrated.uns["spamca_hierarchy"]["domains"][:3] == ["cortex", "3", "medulla"]
    assert set(integrated.obsm["spamca_hierarchy"]["3"].cat.categories) == {"cortex", "3", "medulla"}


def test_a_spot_may_lack_a_modality(tissue):
    tissue = mudata.MuData({"rna": tissue["rna"][40:].copy(), "protein": tissue["protein"][::-1].copy()})
    spamca.tl.integrate(tissue, n_clusters=3, max_epochs=1, progress_bar=False)
    spamca.tl.hierarchy(tissue, store=[2], **NARROW)
    rna = tissue["rna"].obs["spamca_2"].astype(str)
    assert (rna == tissue.obs["spamca_2"].astype(str)[rna.index]).all()


@pytest.mark.slow
def test_sections_have_a_tree_without_support():
    tissue = spamca.datasets.simulated(n_spots=200, n_domains=3, n_sections=2, n_features=20, difficulty=0.2)
    spamca.pp.neighbors(tissue, library_key="section")
    spamca.tl.integrate(tissue, n_clusters=3, max_epochs=1, progress_bar=False)
    spamca.tl.hierarchy(tissue, n_clusters_range=(2, 3))
    record = tissue.uns["spamca_hierarchy"]
    assert record["levels"].tolist() == [2, 3]
    assert np.isnan(record["support"]).all()
    assert record["nodes"]["support"].isna().all()
    assert np.isfinite(record["agreement"]).all()
    assert spamca.pl.hierarchy(tissue).get_yticklabels()[1].get_fontweight() == "bold"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_clusters_range": (5, 2)}, ValueError, r"n_clusters_range must rise .* got \(5, 2\)"),
        ({"n_clusters_range": 3}, TypeError, "n_clusters_range must be a pair.* got 3"),
        ({"key": "a/b"}, ValueError, "^key must be a non-empty string"),
        ({"store": 1}, ValueError, "store must be at least 2, got 1"),
        ({"store": "4"}, TypeError, "store must be an integer, got '4'"),
        ({"store": [2, 9], **NARROW}, ValueError, r"store=\[2, 9\]: 9 is outside of n_clusters_range=\(2, 4\)"),
        ({"random_state": -1}, ValueError, "random_state"),
        ({"key": "other"}, KeyError, r"mdata.obs\['other'\] holds no domains .* key_added='other'"),
    ],
)
def test_bad_arguments_change_nothing(integrated, assert_same, arguments, error, message):
    before = integrated.copy()
    with pytest.raises(error, match=message):
        spamca.tl.hierarchy(integrated, **arguments)
    assert_same(before, integrated)


def test_spots_without_a_domain_are_named(integrated):
    integrated.obs["spamca"] = integrated.obs["spamca"].cat.remove_categories(["0"])
    with pytest.raises(ValueError, match="spots without a domain"):
        spamca.tl.hierarchy(integrated)


def test_a_column_that_cluster_wrote_is_named_as_such(integrated, assert_same):
    spamca.tl.cluster(integrated, [2, 3])
    before = integrated.copy()
    wrote = (
        r"store=2 would replace mdata.obs\['spamca_2'\], domains that spamca.tl.cluster wrote.*mdata.uns\['spamca_2'\]"
    )
    with pytest.raises(ValueError, match=wrote):
        spamca.tl.hierarchy(integrated, n_clusters_range=(2, 3), store=2)
    assert_same(integrated, before)


def test_a_level_is_named_as_such_where_cluster_would_replace_it(integrated):
    integrated.obs["spamca_2"] = integrated.obs["spamca"]
    integrated.uns["spamca_hierarchy"] = {"stored": np.array([2])}
    with pytest.raises(
        ValueError, match=r"key_added='spamca_2' would replace .*, a level of the tree that spamca.tl.hierarchy"
    ):
        spamca.tl.cluster(integrated, [2, 3])
