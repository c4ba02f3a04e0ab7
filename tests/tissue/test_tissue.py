from __future__ import annotations

import logging

import mudata
import numpy as np
import pytest

import spamca
from spamca.tissue import batch_numbers, read


@pytest.fixture
def part(tissue):
    """Protein in another order than RNA, and missing in the first 20 spots."""
    order = np.random.default_rng(0).permutation(np.arange(20, tissue.n_obs))
    mdata = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    spamca.pp.neighbors(mdata, feature_graphs=True)
    return mdata


def test_features_are_laid_out_by_name(part):
    tissue = read(part)
    protein = dict(zip(part["protein"].obs_names, part["protein"].obsm["X_pca"], strict=True))
    for name, values in zip(part.obs_names, tissue.features[1], strict=True):
        np.testing.assert_array_equal(values, protein.get(name, np.zeros_like(values)))
    np.testing.assert_array_equal(tissue.own(1, tissue.features[1]), part["protein"].obsm["X_pca"])
    assert tissue.present.sum(axis=0).tolist() == [225, 205]


def test_feature_graph_is_laid_out_by_name(part):
    graph = read(part, feature_graphs=True).feature_graphs[1]
    names = part.obs_names
    own = part["protein"].obsp["feature_neighbors_connectivities"].tocsr()
    for i in (0, 25, 100):
        found, expected = set(names[graph[i].indices]), set()
        if names[i] in part["protein"].obs_names:
            expected = set(part["protein"].obs_names[own[part["protein"].obs_names.get_loc(names[i])].indices])
        assert found == expected


def test_feature_graphs_are_those_of_the_features(part):
    tissue = read(part, feature_graphs=True)
    again = tissue.having(tissue.features, random_state=0)
    for one, other in zip(tissue.feature_graphs, again.feature_graphs, strict=True):
        assert (one != other).nnz == 0
    halved = tissue.having([values[:, :5] for values in tissue.features], random_state=0)
    assert (halved.feature_graphs[0] != tissue.feature_graphs[0]).nnz > 0
    assert read(part).having(tissue.features, random_state=0).feature_graphs == ()


def test_root_mean_squares_are_those_of_the_spots_that_have_the_modality(part):
    found = read(part).root_mean_squares()
    expected = [np.sqrt(np.square(modality.obsm["X_pca"]).mean()) for modality in part.mod.values()]
    assert found == pytest.approx(expected)


def test_complete_tissue_is_not_copied(integrated):
    tissue = read(integrated)
    assert tissue.present is None
    assert np.shares_memory(tissue.features[0], integrated["rna"].obsm["X_pca"])
    assert tissue.graph is integrated.obsp["spatial_connectivities"]


def test_modalities_are_those_named(integrated):
    assert read(integrated, ["protein"]).names == ("protein",)
    assert read(integrated, ["protein", "rna"]).features[1].shape == integrated["rna"].obsm["X_pca"].shape


def test_missing_graph_names_the_call(tissue):
    with pytest.raises(KeyError, match=r"call spamca.pp.neighbors\(mdata\)"):
        read(tissue)


def position(mdata):
    return read(mdata, position=True).position


def test_sections_lie_apart(with_graphs):
    """Tiles are cut by position: coordinates of sections often overlap."""
    flat = position(with_graphs)
    assert flat.shape == (with_graphs.n_obs, 2)
    assert read(with_graphs).position is None
    own = with_graphs["rna"].obs
    own["slide"] = np.where(np.arange(len(own)) % 2 == 0, "a", "b")
    spamca.pp.neighbors(with_graphs, library_key="slide")
    apart = position(with_graphs)
    np.testing.assert_array_equal(apart[:, :2], flat)
    assert set(np.diff(np.unique(apart[:, 2]))) == {2 * np.ptp(flat, axis=0).max()}
    del own["slide"]
    np.testing.assert_array_equal(position(with_graphs), flat)
    for holder in (with_graphs, *with_graphs.mod.values()):
        holder.obsm.pop("spatial", None)
    assert position(with_graphs) is None


def test_sections_are_those_of_the_spatial_graph(with_graphs, caplog):
    column = np.repeat(["a", "b"], [100, 125])
    with_graphs.obs["section"] = column
    assert batch_numbers(with_graphs, "integrate") is None
    spamca.pp.neighbors(with_graphs, library_key="section")
    np.testing.assert_array_equal(batch_numbers(with_graphs, "integrate"), np.repeat([0, 1], [100, 125]))
    del with_graphs.obs["section"]
    for modality in with_graphs.mod.values():
        modality.obs["section"] = column
    np.testing.assert_array_equal(batch_numbers(with_graphs, "integrate"), np.repeat([0, 1], [100, 125]))
    for modality in with_graphs.mod.values():
        del modality.obs["section"]
    with caplog.at_level(logging.WARNING, logger="spamca"):
        assert batch_numbers(with_graphs, "integrate") is None
    assert "integrate: the spatial graph names sections by 'section'" in caplog.text
    with_graphs.obs["section"] = "all"
    assert batch_numbers(with_graphs, "integrate") is None


GONE = {
    "spatial_connectivities": (lambda mdata: mdata.obsp, r"mdata.obsp\['spatial_connectivities'\] does not exist"),
    "X_pca": (lambda mdata: mdata["rna"].obsm, r"mdata\['rna'\] has no obsm\['X_pca'\], which its record names"),
    "spamca": (lambda mdata: mdata["rna"].uns, r"mdata\['rna'\] has no features"),
    "use_rep": (lambda mdata: mdata["rna"].uns["spamca"], r"mdata\['rna'\] has no features"),
}
OF_FEATURES = {
    "feature_neighbors_connectivities": lambda mdata: mdata["rna"].obsp,
    "feature_neighbors": lambda mdata: mdata["rna"].uns,
    "params": lambda mdata: mdata["rna"].uns["feature_neighbors"],
    "metric": lambda mdata: mdata["rna"].uns["feature_neighbors"]["params"],
}


@pytest.mark.parametrize("name", GONE)
def test_what_is_gone_is_named(with_graphs, name):
    place, says = GONE[name]
    del place(with_graphs)[name]
    with pytest.raises(KeyError, match=f"{says}.*; call spamca.pp.neighbors"):
        read(with_graphs)


@pytest.mark.parametrize("name", OF_FEATURES)
def test_feature_graphs_that_are_gone_are_named(tissue, name):
    spamca.pp.neighbors(tissue, feature_graphs=True)
    del OF_FEATURES[name](tissue)[name]
    says = r"mdata\['rna'\] has no feature graph obsp\['feature_neighbors_connectivities'\] with its record"
    with pytest.raises(KeyError, match=says):
        read(tissue, feature_graphs=True)


@pytest.mark.parametrize(
    ("change", "says"), [(np.negative, "finite weights of at least 0"), (lambda x: x.astype(complex), "numbers")]
)
def test_graphs_of_other_than_weights_are_named(with_graphs, change, says):
    with_graphs.obsp["spatial_connectivities"] = change(with_graphs.obsp["spatial_connectivities"])
    with pytest.raises(ValueError, match=rf"mdata.obsp\['spatial_connectivities'\] must hold {says}"):
        read(with_graphs)
