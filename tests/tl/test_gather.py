from __future__ import annotations

import mudata
import numpy as np
import pytest

import spamca
from spamca.tl._gather import gather, positions, root_mean_squares


@pytest.fixture
def part(tissue):
    """Protein in another order than RNA, and missing in the first 20 spots."""
    order = np.random.default_rng(0).permutation(np.arange(20, tissue.n_obs))
    mdata = mudata.MuData({"rna": tissue["rna"].copy(), "protein": tissue["protein"][order].copy()})
    spamca.pp.neighbors(mdata)
    return mdata


def test_features_are_laid_out_by_name(part):
    tissue = gather(part)
    protein = dict(zip(part["protein"].obs_names, part["protein"].obsm["X_pca"], strict=True))
    for name, values in zip(part.obs_names, tissue.features[1].numpy(), strict=True):
        np.testing.assert_array_equal(values, protein.get(name, np.zeros_like(values)))


def test_feature_graph_is_laid_out_by_name(part):
    graph = gather(part).feature_graphs[1]
    names = part.obs_names
    own = part["protein"].obsp["feature_neighbors_connectivities"].tocsr()
    for i in (0, 25, 100):
        found = set(names[graph.indices[graph.indptr[i] : graph.indptr[i + 1]].numpy()])
        expected = {names[i]}
        if names[i] in part["protein"].obs_names:
            row = own[part["protein"].obs_names.get_loc(names[i])]
            expected |= set(part["protein"].obs_names[row.indices])
        assert found == expected


def test_scaled_features_have_unit_mean_square(part):
    scale = root_mean_squares(part)
    tissue = gather(part, scale)
    assert scale["rna"] == pytest.approx(np.sqrt(np.square(part["rna"].obsm["X_pca"]).mean()))
    assert float(tissue.features[0].square().mean()) == pytest.approx(1, rel=1e-4)
    assert tissue.present.sum(dim=0).tolist() == [225, 205]


def test_complete_tissue_has_no_presence(integrated):
    assert gather(integrated).present is None


def test_feature_graphs_are_read_only_where_seen(integrated):
    tissue = gather(integrated, views=("spatial",))
    assert tissue.feature_graphs == ()
    assert len(gather(integrated).feature_graphs) == 2


def test_sections_named_by_a_modality_lie_apart(tissue):
    """Tiles are cut by position: coordinates of sections often overlap."""
    flat = positions(tissue)
    assert flat.shape == (tissue.n_obs, 2)
    own = tissue["rna"].obs
    own["slide"] = np.where(np.arange(len(own)) % 2 == 0, "a", "b")
    spamca.pp.neighbors(tissue, library_key="slide")
    apart = positions(tissue)
    np.testing.assert_array_equal(apart[:, :2], flat)
    assert set(np.diff(np.unique(apart[:, 2]))) == {2 * np.ptp(flat, axis=0).max()}
    del own["slide"]
    np.testing.assert_array_equal(positions(tissue), flat)
