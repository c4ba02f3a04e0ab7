"""Domains under names of their own, several numbers in one call, a resolution, and parts of domains."""

from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import spamca


@pytest.fixture
def both(integrated):
    """Another number of domains next to the first."""
    spamca.tl.cluster(integrated, 2, key_added="domains2")
    return integrated


def test_result_under_another_name_leaves_the_first(integrated):
    before, weight = integrated.obs["spamca"].copy(), integrated.obs["rna:spamca_weight"].copy()
    record = dict(integrated.uns["spamca"])
    spamca.tl.cluster(integrated, 2, key_added="domains2")
    pd.testing.assert_series_equal(integrated.obs["spamca"], before)
    pd.testing.assert_series_equal(integrated.obs["rna:spamca_weight"], weight)
    assert integrated.uns["spamca"].keys() == record.keys()
    assert len(integrated.obs["domains2"].cat.categories) == 2
    assert len(integrated.uns["domains2_colors"]) == 2
    assert integrated.obsm["domains2_posterior"].shape == (integrated.n_obs, 2)
    assert "network" not in integrated.uns["domains2"]  # it is stored once
    assert integrated.uns["domains2"]["source"] == "spamca"
    replaced = integrated.copy()
    spamca.tl.cluster(replaced, 2)
    assert (replaced.obs["spamca"].astype(str) == integrated.obs["domains2"].astype(str)).all()


def test_what_comes_after_follows_to_the_network(both, tmp_path):
    """Every function that reads a result takes its name."""
    both.write(tmp_path / "tissue.h5mu")
    both = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    spamca.tl.drivers(both, key="domains2")
    assert set(both.uns["domains2_drivers"]["domain"].cat.categories) == {"0", "1"}
    spamca.tl.describe(both, key="domains2")
    spamca.tl.hierarchy(both, key="domains2", n_clusters_range=(2, 6))
    spamca.tl.trajectory(both, root="0", key="domains2")
    assert np.isfinite(both.obs["domains2_pseudotime"]).any()
    spamca.tl.denoise(both, key="domains2")
    model = spamca.Model.from_mudata(both, key="domains2")
    assert list(model.domains) == ["0", "1"]
    new = both.copy()
    spamca.tl.transform(new, model, key_added="again")
    assert (new.obs["again"].astype(str) == both.obs["domains2"].astype(str)).mean() > 0.9
    table = spamca.metrics.score(both, key=["spamca", "domains2"])
    assert np.isfinite(table.loc["domains2", "silhouette"])
    again = both.copy()
    spamca.tl.cluster(again, 3, key="domains2", key_added="three")
    assert again.uns["three"]["source"] == "spamca"


def test_new_embedding_removes_what_was_found_from_the_old_one(both, caplog):
    both.obsm["X_own"] = np.random.default_rng(0).normal(size=(both.n_obs, 3))
    spamca.tl.cluster(both, 2, use_rep="X_own", key_added="own")
    with caplog.at_level("INFO", logger="spamca"):
        spamca.tl.integrate(both, 3)
    assert "removing ['domains2'], found from the earlier result 'spamca'" in caplog.text
    for holder in (both, *both.mod.values()):
        assert not [name for name in (*holder.obs, *holder.obsm, *holder.uns) if "domains2" in name]
    assert "own" in both.obs  # of another embedding


def test_several_numbers(integrated):
    spamca.tl.cluster(integrated, [2, 3])
    for number in (2, 3):
        assert len(integrated.obs[f"spamca_{number}"].cat.categories) == number
        assert integrated.uns[f"spamca_{number}"]["cluster"]["n_clusters"] == number
    alone = spamca.tl.cluster(integrated, 3, key_added="alone", copy=True)
    assert (alone.obs["alone"].astype(str) == integrated.obs["spamca_3"].astype(str)).all()


def test_resolution_and_neighbors(integrated):
    sc.pp.neighbors(integrated, use_rep="X_spamca", transformer="sklearn")
    spamca.tl.cluster(integrated, resolution=0.3, neighbors_key="neighbors", key_added="leiden")
    record = integrated.uns["leiden"]["cluster"]
    assert (record["method"], record["n_clusters_from"], record["resolution"]) == ("leiden", "resolution", 0.3)
    sc.tl.leiden(integrated, 0.3, key_added="theirs", flavor="igraph", n_iterations=2, directed=False, random_state=0)
    table = pd.crosstab(integrated.obs["leiden"], integrated.obs["theirs"])
    assert ((table > 0).sum(axis=1) == 1).all()
    assert ((table > 0).sum(axis=0) == 1).all()
    more = spamca.tl.cluster(integrated, resolution=2, key_added="leiden", copy=True)
    assert more.uns["leiden"]["cluster"]["n_found"] > record["n_found"]


@pytest.mark.parametrize("method", [None, "leiden", "kmeans"])
def test_part_of_the_tissue(integrated, method):
    """Of two domains, the one that holds two of the three true ones is divided into them."""
    spamca.tl.cluster(integrated, 2, key_added="two")
    before, use_rep = integrated.obs["two"].astype(str), {} if method is None else {"use_rep": "X_spamca"}
    spamca.tl.cluster(integrated, 2, restrict_to=("two", ["0"]), method=method, **use_rep)
    pd.testing.assert_series_equal(integrated.obs["two"].astype(str), before)
    divided, inside = integrated.obs["two_R"].astype(str), before == "0"
    assert (divided[~inside] == before[~inside]).all()
    assert list(integrated.obs["two_R"].cat.categories) == ["0,0", "0,1", "1"]
    assert spamca.metrics.agreement(divided, integrated.obs["spamca"])["ARI"] > 0.8
    colors = integrated.uns["two_R_colors"]
    assert len(set(colors)) == 3
    assert [colors[0], colors[2]] == list(integrated.uns["two_colors"])
    for modality in integrated.mod.values():
        assert set(modality.obs["two_R"].astype(str)) == set(divided)
    assert list(integrated.uns["two_R"]["cluster"]["restricted"]) == ["0"]


def test_parts_of_a_column_of_a_modality_keep_its_colours(integrated):
    integrated["rna"].obs["own"] = integrated.obs["spamca"].to_numpy()
    integrated["rna"].obs["own"] = integrated["rna"].obs["own"].astype("category")
    integrated["rna"].uns["own_colors"] = ["#ff0000", "#00ff00", "#0000ff"]
    part = {"restrict_to": ("rna:own", ["1"]), "key_added": "parts"}
    spamca.tl.cluster(integrated, 2, method="kmeans", use_rep="X_spamca", **part)
    colors = dict(zip(integrated.obs["parts"].cat.categories, integrated.uns["parts_colors"], strict=True))
    assert [colors[name] for name in ("0", "1,0", "2")] == ["#ff0000", "#00ff00", "#0000ff"]


def test_parts_are_named_as_scanpy_names_them(integrated):
    spamca.tl.cluster(integrated, 3, restrict_to=("spamca", ["1", "2"]), key_added="parts")
    sc.pp.neighbors(integrated, use_rep="X_spamca", transformer="sklearn")
    sc.tl.leiden(
        integrated,
        1,
        restrict_to=("spamca", ["1", "2"]),
        key_added="theirs",
        flavor="igraph",
        n_iterations=2,
        directed=False,
    )
    prefix = {name.rsplit(",", 1)[0] for name in integrated.obs["theirs"].unique() if "," in name}
    assert {name.rsplit(",", 1)[0] for name in integrated.obs["parts"].unique() if "," in name} == prefix == {"1-2"}


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"restrict_to": "spamca"}, TypeError, "restrict_to must be a column of obs and a list"),
        ({"restrict_to": ("spamca", ["9"])}, KeyError, r"restrict_to names \['9'\]"),
        ({"restrict_to": ("spamca", [])}, KeyError, "restrict_to names no category"),
        ({"restrict_to": ("spamca_confidence", ["0"])}, TypeError, "which holds numbers"),
        ({"restrict_to": ("nothing", ["0"])}, KeyError, "restrict_to='nothing'"),
        ({"restrict_to": ("spamca", ["0"]), "n_clusters": [2, 3]}, TypeError, "n_clusters must be one number"),
        (
            {"restrict_to": ("spamca", ["0"]), "n_clusters": 2000},
            ValueError,
            "n_clusters must be at least 1 and at most",
        ),
        ({"restrict_to": ("spamca", ["0"]), "key_added": "spamca"}, ValueError, "is the column that restrict_to names"),
        ({"resolution": 1.0, "n_clusters": 3}, ValueError, "both set the number of domains"),
        ({"resolution": 1.0, "method": "kmeans"}, ValueError, "resolution=1.0 is for method='leiden'"),
        ({"resolution": "a"}, TypeError, "resolution must be a number"),
        ({"neighbors_key": "nothing"}, KeyError, "neighbors_key='nothing' names no neighbours"),
        ({"n_clusters": []}, ValueError, "n_clusters names no number"),
        ({"n_clusters": ["a"]}, TypeError, "n_clusters must be an integer"),
    ],
)
def test_arguments_that_cannot_be_used(integrated, given, error, message):
    before = set(integrated.obs), set(integrated.uns)
    with pytest.raises(error, match=message):
        spamca.tl.cluster(integrated, **given)
    assert (set(integrated.obs), set(integrated.uns)) == before


def test_another_integration_is_not_replaced(integrated):
    spamca.tl.integrate(integrated, 3, key_added="other")
    with pytest.raises(ValueError, match="key_added='other' would replace the domains of another embedding"):
        spamca.tl.cluster(integrated, 4, key_added="other")
    spamca.tl.cluster(integrated, 2, key="other")
    assert len(integrated.obs["other"].cat.categories) == 2


def test_domains_of_a_name_are_replaced_as_a_whole(integrated):
    """Nothing that described the earlier ones, or where they were from, is left."""
    spamca.tl.cluster(integrated, 2, key_added="own")
    spamca.tl.drivers(integrated, key="own")
    spamca.tl.hierarchy(integrated, key="own", n_clusters_range=(2, 4))
    integrated.obsm["X_other"] = np.random.default_rng(0).normal(size=(integrated.n_obs, 3))
    spamca.tl.cluster(integrated, 3, use_rep="X_other", method="kmeans", key_added="own")
    assert set(integrated.uns["own"]) == {"cluster"}
    left = [name for name in (*integrated.uns, *integrated.obsm, *integrated.obs) if "own" in name]
    assert sorted(left) == ["own", "own", "own_color_record", "own_colors", "own_confidence", "own_posterior"]
    spamca.tl.integrate(integrated, 3)
    assert "own" in integrated.obs

    spamca.tl.cluster(integrated, 2, restrict_to=("own", ["0"]))
    spamca.tl.drivers(integrated, groupby="own_R")
    spamca.tl.cluster(integrated, 2, restrict_to=("own", ["1"]))
    assert "own_R_drivers" not in integrated.uns
    for taken in ("spamca", "own"):
        with pytest.raises(ValueError, match="key_added="):
            spamca.tl.cluster(integrated, 2, restrict_to=("own", ["0"]), key_added=taken)


def test_most_of_the_tissue_is_divided(integrated):
    spamca.tl.cluster(integrated, 4, restrict_to=("spamca", ["0", "1", "2"]), method="kmeans", use_rep="X_spamca")
    assert list(integrated.obs["spamca_R"].cat.categories) == [f"0-1-2,{k}" for k in range(4)]
    assert len(set(integrated.uns["spamca_R_colors"])) == 4
    spamca.tl.cluster(
        integrated, 2, restrict_to=("spamca", ["0"]), key_added="parts", method="kmeans", use_rep="X_spamca"
    )
    spamca.tl.integrate(integrated, 3)
    assert not {"spamca_R", "parts"}.intersection(integrated.obs)  # parts of domains that are no more


def test_result_whose_source_is_gone_says_so(both):
    del both.uns["spamca"]
    for verb in (spamca.tl.hierarchy, spamca.tl.denoise, spamca.tl.cluster, spamca.metrics.score):
        with pytest.raises(KeyError, match="'domains2' were found from the result 'spamca', which is not in mdata.uns"):
            verb(both, key="domains2")


def test_what_an_own_embedding_lacks_is_not_to_be_integrated_under_its_name(integrated):
    """Another integration of that name would replace the domains; the result that has a network is named instead."""
    integrated.obsm["X_own"] = np.random.default_rng(0).normal(size=(integrated.n_obs, 3))
    spamca.tl.cluster(integrated, 2, use_rep="X_own", method="kmeans", key_added="own")
    verbs = [spamca.tl.denoise, spamca.tl.hierarchy, spamca.Model.from_mudata]
    for verb in [*verbs, spamca.pl.modality_weights, spamca.pl.training_history]:
        with pytest.raises(
            KeyError, match=r"'own' is no result of spamca.tl.integrate; pass the key of one, of \['spamca'\]"
        ):
            verb(integrated, key="own")
    integrated.uns["second"] = integrated.uns["spamca"]
    with pytest.raises(KeyError, match=r"call spamca.tl.integrate\(mdata, key_added='second'\) again"):
        spamca.tl.trajectory(integrated, root="0", key="second")
    del integrated.uns["spamca"], integrated.uns["second"]
    with pytest.raises(KeyError, match=r"call spamca.tl.integrate\(mdata\), and pass key='spamca'"):
        spamca.tl.denoise(integrated, key="own")
    with pytest.raises(KeyError, match=r"; call spamca.tl.integrate\(mdata, key_added='new'\)"):
        spamca.tl.denoise(integrated, key="new")
