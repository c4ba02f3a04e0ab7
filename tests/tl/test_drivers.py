from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca

LIGHT = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}


@pytest.fixture(scope="module")
def _explained():
    mdata = spamca.datasets.simulated(n_spots=625, n_domains=4, n_features=60, difficulty=0.2, random_state=1)
    spamca.tl.integrate(mdata, 4, progress_bar=False)
    spamca.tl.drivers(mdata)
    return mdata


@pytest.fixture
def explained(_explained):
    return _explained.copy()


def markers(mdata) -> pd.Series:
    return pd.concat([modality.var["marker"] for modality in mdata.mod.values()])


def test_table_is_tidy(explained):
    table = explained.uns["spamca_drivers"]
    assert len(table) == 4 * 120
    assert not table.duplicated(["domain", "modality", "feature"]).any()
    assert list(table["domain"].cat.categories) == list(explained.obs["spamca"].cat.categories)
    for _, own in table.groupby("domain", observed=True):
        assert own["effect"].is_monotonic_decreasing
    assert table["p_value"].notna().all()
    assert (table["q_value"] >= table["p_value"]).all()


def test_drivers_are_markers(explained):
    table, marker = explained.uns["spamca_drivers"], markers(explained)
    for _, own in table.groupby("domain", observed=True):
        top = own.head(10)
        assert marker[top["feature"].astype(str)].mean() >= 0.9
        assert (top["q_value"] < 0.05).all()
    noise = table[~table["feature"].astype(str).map(marker)]
    assert (noise["q_value"] < 0.05).mean() < 0.05


def test_contributions_sum_to_one_and_lie_in_the_markers(explained):
    table, marker = explained.uns["spamca_drivers"], markers(explained)
    total = table.groupby("domain", observed=True)["contribution"].sum()
    np.testing.assert_allclose(total, 1, atol=1e-3)
    of_markers = table[table["feature"].astype(str).map(marker)].groupby("domain", observed=True)["contribution"].sum()
    assert (of_markers > 0.8).all()


def test_domains_are_found_again(explained):
    assert (explained.uns["spamca_drivers"].groupby("domain", observed=True)["overlap"].median() > 0.8).all()


def test_a_column_of_categories_is_compared_as_it_is(explained):
    before = explained.uns["spamca_drivers"].copy()
    spamca.tl.drivers(explained, groupby="label")
    table = explained.uns["label_drivers"]
    assert set(table["domain"]) == set(explained.obs["label"])
    assert table["overlap"].isna().all()
    assert table["contribution"].isna().all()
    pd.testing.assert_frame_equal(explained.uns["spamca_drivers"], before)
    rna = explained["rna"].X.toarray()
    one = table[(table["feature"] == "gene1") & (table["domain"] == "domain 1")].iloc[0]
    inside = (explained.obs["label"] == "domain 1").to_numpy()
    assert one["share_in"] == pytest.approx((rna[inside, 0] > 0).mean())
    assert one["share_out"] == pytest.approx((rna[~inside, 0] > 0).mean())


@pytest.mark.slow
def test_noise_that_domains_were_drawn_around_is_not_called():
    """Features that vary smoothly, each on its own: domains are found in them, and no feature says anything of another."""
    from anndata import AnnData
    from mudata import MuData
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    smooth = np.stack([gaussian_filter(rng.normal(size=(30, 30)), 0.7).ravel() for _ in range(40)], axis=1)
    counts = rng.poisson(5 * np.exp(0.6 * smooth / smooth.std())).astype(np.float32)
    position = np.column_stack([a.ravel() for a in np.meshgrid(np.arange(30.0), np.arange(30.0))])
    mdata = MuData({"rna": AnnData(counts, obsm={"spatial": position})})
    spamca.tl.integrate(mdata, 4, settings=LIGHT, progress_bar=False)
    spamca.tl.drivers(mdata)
    held_out = (mdata.uns["spamca_drivers"]["p_value"] < 0.05).mean()
    mdata.obs["same"] = mdata.obs["spamca"]
    twice = (spamca.tl.drivers(mdata, groupby="same", copy=True).uns["same_drivers"]["p_value"] < 0.05).mean()
    assert held_out < 0.1 < twice


@pytest.mark.slow
def test_features_left_out_of_the_domains_are_tested_in_the_stored_ones():
    mdata = spamca.datasets.simulated(n_spots=400, n_domains=3, n_features=60, difficulty=0.2)
    spamca.pp.prepare(mdata, n_top_genes=30)
    spamca.tl.integrate(mdata, 3, settings=LIGHT, progress_bar=False)
    spamca.tl.drivers(mdata)
    table = mdata.uns["spamca_drivers"]
    rna = table[table["modality"] == "rna"].set_index("feature")
    used = mdata["rna"].var["spamca_used"]
    own = used[rna.index.astype(str)].to_numpy()
    assert (rna["overlap"][~own] == 1).all()
    assert rna["contribution"][~own].isna().all()
    assert rna["contribution"][own].notna().all()
    assert rna["p_value"][~own].notna().all()


def test_components_of_the_user(tissue):
    import scanpy as sc

    for modality in tissue.mod.values():
        prepared = modality.copy()
        sc.pp.normalize_total(prepared)
        sc.pp.log1p(prepared)
        modality.obsm["X_pca"] = sc.pp.pca(prepared, n_comps=10, copy=True).obsm["X_pca"]
    spamca.tl.integrate(tissue, 3, settings=LIGHT, progress_bar=False)
    spamca.tl.drivers(tissue)
    table = tissue.uns["spamca_drivers"]
    assert table["p_value"].notna().all()
    assert table["contribution"].isna().all()


def test_spots_that_lack_a_modality(tissue):
    from mudata import MuData

    rng = np.random.default_rng(0)
    order = rng.permutation(tissue.n_obs)[:200]
    part = MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    spamca.tl.integrate(part, 3, settings=LIGHT, progress_bar=False)
    spamca.tl.drivers(part)
    table = part.uns["spamca_drivers"]
    protein = table[table["modality"] == "protein"]
    assert protein["p_value"].notna().all()
    clear = protein[protein["q_value"] < 0.01]
    assert len(clear)
    # the same by hand, in the stored domains
    from muon import prot

    ratios = part["protein"].copy()
    prot.pp.clr(ratios, axis=1)
    values = np.asarray(ratios.X.todense() if hasattr(ratios.X, "todense") else ratios.X)
    best = clear.iloc[0]
    inside = (part["protein"].obs["spamca"] == best["domain"]).to_numpy()
    column = ratios.var_names.get_loc(best["feature"])
    assert values[inside, column].mean() > values[~inside, column].mean()


@pytest.mark.slow
def test_several_sections_are_compared_within_each():
    mdata = spamca.datasets.simulated(
        n_spots=800, n_sections=2, n_domains=3, n_features=40, difficulty=0.2, batch_effect=1.0
    )
    spamca.pp.neighbors(mdata, library_key="section")
    spamca.tl.integrate(mdata, 3, settings=LIGHT, progress_bar=False)
    spamca.tl.drivers(mdata)
    table, marker = mdata.uns["spamca_drivers"], markers(mdata)
    for _, own in table.groupby("domain", observed=True):
        assert marker[own.head(10)["feature"].astype(str)].mean() >= 0.8


@pytest.mark.slow
def test_contributions_follow_domains_that_were_renamed(explained):
    explained.obs["spamca"] = explained.obs["spamca"].cat.rename_categories(dict(zip("0123", "zyxw", strict=True)))
    explained.obs["spamca"] = explained.obs["spamca"].cat.reorder_categories(list("wxyz"))
    names = ["domain", "modality", "feature"]
    before = (
        explained.uns["spamca_drivers"]
        .astype({"domain": str})
        .replace({"domain": dict(zip("0123", "zyxw", strict=True))})
    )
    spamca.tl.drivers(explained)
    after = explained.uns["spamca_drivers"].astype({"domain": str}).set_index(names)["contribution"]
    pd.testing.assert_series_equal(after.sort_index(), before.set_index(names)["contribution"].sort_index())


@pytest.mark.slow
def test_a_modality_that_came_later_is_not_searched(explained):
    from mudata import MuData

    rng = np.random.default_rng(0)
    other = explained["protein"].copy()
    del other.uns["spamca"]
    other.X = rng.poisson(5.0, size=other.shape).astype(np.float32)
    other.var_names = [f"other{j}" for j in range(other.n_vars)]
    mod = {**explained.mod, "other": other}
    more = MuData(mod)
    for name in ("obs", "obsm", "obsp", "uns"):
        for key in getattr(explained, name):
            if key not in mod:
                getattr(more, name)[key] = getattr(explained, name)[key]
    before = explained.uns["spamca_drivers"].set_index(["domain", "modality", "feature"])["p_value"]
    spamca.tl.drivers(more)
    after = more.uns["spamca_drivers"].set_index(["domain", "modality", "feature"])["p_value"]
    np.testing.assert_allclose(after[before.index], before)
    assert (more.uns["spamca_drivers"].query("modality == 'other'")["overlap"] == 1).all()


def test_features_of_the_same_name_are_refused(integrated):
    integrated["rna"].var_names = ["same", *integrated["rna"].var_names[1:-1], "same"]
    with pytest.raises(ValueError, match=r"mdata\['rna'\].var_names_make_unique"):
        spamca.tl.drivers(integrated)


def test_variance_explained(explained):
    spamca.tl.variance_explained(explained)
    table = explained.uns["spamca_variance_explained"]
    assert set(table["domain"]) == {"all", *explained.obs["spamca"].cat.categories}
    share = table.set_index(["modality", "domain"])["variance_explained"]
    for name in explained.mod:
        own = share[name]
        assert 0 < own.drop("all").max() < own["all"] < 1
        assert own["all"] == pytest.approx(explained[name].var["spamca_explained"].mean())
    # a modality without signal explains next to nothing
    noise = explained.copy()
    rng = np.random.default_rng(0)
    counts = noise["protein"].X.toarray()
    for column in counts.T:
        rng.shuffle(column)
    noise["protein"].X = counts
    spamca.tl.drivers(noise, groupby="label")
    assert abs(noise["protein"].var["label_explained"].mean()) < 0.01


@pytest.mark.slow
def test_variance_explained_runs_drivers_first(integrated, caplog):
    integrated.uns.pop("spamca_drivers", None)
    with caplog.at_level("INFO", logger="spamca"):
        spamca.tl.variance_explained(integrated)
    assert "running spamca.tl.drivers" in caplog.text
    assert "spamca_drivers" in integrated.uns


def test_tables_survive_a_file(explained, tmp_path):
    spamca.tl.variance_explained(explained)
    explained.write(tmp_path / "a.h5mu")
    again = mudata.read_h5mu(tmp_path / "a.h5mu")
    for key in ("spamca_drivers", "spamca_variance_explained"):
        pd.testing.assert_frame_equal(
            again.uns[key].astype(str), explained.uns[key].astype(str), check_index_type=False
        )


def test_new_domains_remove_the_drivers_of_the_old_ones(explained):
    spamca.tl.variance_explained(explained)
    spamca.tl.cluster(explained, 3)
    assert "spamca_drivers" not in explained.uns
    assert "spamca_variance_explained" not in explained.uns


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"key": "other"}, KeyError, "key='other' is not a column of mdata.obs.*call spamca.tl.integrate"),
        ({"groupby": "other"}, KeyError, "groupby='other' is not a column of mdata.obs"),
        ({"n_folds": 1}, ValueError, "n_folds must be at least 2, got 1"),
        ({"n_folds": 2.5}, TypeError, "n_folds.*2.5"),
        ({"random_state": -1}, ValueError, "random_state"),
        ({"groupby": "one"}, ValueError, "two categories at least"),
    ],
)
def test_bad_arguments(integrated, arguments, error, says):
    integrated.obs["one"] = "same"
    keys = set(integrated.uns)
    with pytest.raises(error, match=says):
        spamca.tl.drivers(integrated, **arguments)
    assert set(integrated.uns) == keys


def test_domains_of_an_embedding_are_compared_as_they_are_with_a_warning(integrated, caplog):
    spamca.tl.cluster(integrated, 3, method="kmeans")
    with pytest.raises(ValueError, match="groupby='spamca'"):
        spamca.tl.drivers(integrated)
    with caplog.at_level("WARNING", logger="spamca"):
        spamca.tl.drivers(integrated, groupby="spamca")
    assert "p-values use the data twice, because the domains 'spamca' were found in these features" in caplog.text
    assert integrated.uns["spamca_drivers"]["p_value"].notna().all()


def test_domains_are_compared_as_they_are_without_the_result_that_they_were_found_from(integrated):
    integrated.obsm["X_own"] = np.random.default_rng(0).normal(size=(integrated.n_obs, 3))
    spamca.tl.cluster(integrated, 2, use_rep="X_own", method="kmeans", key_added="own")
    del integrated.uns["spamca"]
    spamca.tl.drivers(integrated, groupby="own")
    assert "own_drivers" in integrated.uns


def test_domains_in_a_modality_are_those_of_the_result(explained):
    with pytest.raises(
        ValueError, match="groupby='rna:spamca' names domains .* uses the data twice; pass key='spamca'"
    ):
        spamca.tl.drivers(explained, groupby="rna:spamca")


def test_domains_that_can_be_found_again_are_not_compared_as_they_are(explained):
    before = explained.uns["spamca_drivers"].copy()
    with pytest.raises(ValueError, match="uses the data twice; pass key='spamca' instead"):
        spamca.tl.drivers(explained, groupby="spamca")
    pd.testing.assert_frame_equal(explained.uns["spamca_drivers"], before)


def test_levels_of_a_tree_are_compared_with_a_warning(integrated, caplog):
    integrated.obs["spamca_2"] = (integrated.obs["spamca"] == "0").astype(str).astype("category")
    integrated.uns["spamca_hierarchy"] = {"stored": np.array([2])}
    spamca.tl.drivers(integrated, groupby="spamca_2")
    assert "p-values use the data twice, because the domains 'spamca_2'" in caplog.text


def test_a_domain_that_is_not_found_again_has_no_numbers_of_another(integrated, monkeypatch, caplog):
    def other(sources, fold, found, *_, **__):
        """Domain 2 is not found again without the first fold; another one has its number."""
        half = np.where(found == 1, np.where(np.arange(len(found)) % 3, 2, 1), found)
        return iter([np.where(found == 2, 1, half), *[found] * 4])

    monkeypatch.setattr("spamca.tl._explained.domains_without", other)
    spamca.tl.drivers(integrated)
    table = integrated.uns["spamca_drivers"]
    lost = table["overlap"] < 0.5
    assert set(table["domain"][lost]) == {"1", "2"}
    assert 0 < lost.sum() < 40
    assert table.loc[lost, ["effect", "share_in", "p_value", "q_value", "variance_explained"]].isna().all(axis=None)
    assert table.loc[lost, "contribution"].notna().any()
    assert table.loc[~lost, ["effect", "p_value", "q_value"]].notna().all(axis=None)
    assert f"{lost.sum()} pairs of 2 domains have no numbers, because the domain is not found again" in caplog.text
    spamca.tl.variance_explained(integrated)
    assert integrated.uns["spamca_variance_explained"]["variance_explained"].notna().all()


@pytest.mark.slow
def test_copy_leaves_the_tissue_as_it_was(integrated):
    before = set(integrated.uns)
    other = spamca.tl.drivers(integrated, copy=True)
    assert set(integrated.uns) == before
    assert "spamca_drivers" in other.uns


@pytest.mark.slow
def test_seed(integrated):
    one, other = (spamca.tl.drivers(integrated, copy=True).uns["spamca_drivers"] for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
