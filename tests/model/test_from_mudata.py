from __future__ import annotations

import mudata
import numpy as np
import pytest

import spamca
from spamca.model.from_mudata import jsonable


def test_model_of_what_was_written_is_the_same(integrated, tmp_path):
    model = spamca.Model.from_mudata(integrated)
    integrated.write(tmp_path / "integrated.h5mu")
    again = spamca.Model.from_mudata(mudata.read_h5mu(tmp_path / "integrated.h5mu"))
    assert again.header == model.header
    for name, values in model.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], values)


def test_names_and_colours_are_those_of_the_user(integrated):
    integrated.obs["spamca"] = integrated.obs["spamca"].cat.rename_categories(["cortex", "medulla", "capsule"])
    integrated.uns["spamca_colors"] = ["#000000", "#111111", "#222222"]
    model = spamca.Model.from_mudata(integrated)
    assert model.domains == ["cortex", "medulla", "capsule"]
    assert model.colors == ["#000000", "#111111", "#222222"]


def test_names_follow_the_spots_and_not_the_order_of_categories(integrated):
    given = {"0": "medulla", "1": "cortex", "2": "capsule"}
    integrated.obs["spamca"] = integrated.obs["spamca"].astype(str).map(given).astype("category")
    assert list(integrated.obs["spamca"].cat.categories) == ["capsule", "cortex", "medulla"]
    integrated.uns["spamca_colors"] = ["#000000", "#111111", "#222222"]
    model = spamca.Model.from_mudata(integrated)
    assert model.domains == ["medulla", "cortex", "capsule"]
    assert model.colors == ["#222222", "#111111", "#000000"]


def test_domains_merged_by_hand_are_merged_in_the_model(integrated):
    whole = spamca.Model.from_mudata(integrated)
    integrated.obs["spamca"] = integrated.obs["spamca"].astype(str).replace({"2": "1"}).astype("category")
    spamca.pl.spatial_clusters(integrated)
    assert len(integrated.uns["spamca_colors"]) == 2
    model = spamca.Model.from_mudata(integrated)
    assert (model.domains, model.colors, model.members.tolist()) == (["0", "1"], whole.colors[:2], [0, 1, 1])
    assert model.emissions.gaussians[0].means.shape[0] == 3


@pytest.mark.parametrize("new", ["edge", "0"])
def test_labels_that_split_domains_are_refused(integrated, new):
    codes = np.array(integrated.obs["spamca"].astype(str), dtype=object)
    codes[np.flatnonzero(codes == "1")[::2]] = new
    codes[codes == "2"] = "rest"
    integrated.obs["spamca"] = codes.astype(str)
    integrated.obs["spamca"] = integrated.obs["spamca"].astype("category")
    with pytest.raises(ValueError, match=r"mdata.obs\['spamca'\] was changed.*rename_domains"):
        spamca.Model.from_mudata(integrated)


def test_colours_are_no_need(integrated):
    whole = spamca.Model.from_mudata(integrated)
    del integrated.uns["spamca_colors"]
    assert spamca.Model.from_mudata(integrated).colors == whole.colors


def test_every_protein_is_kept_and_only_genes_that_count(integrated):
    for modality in integrated.mod.values():
        modality.varm["PCs"][3] = 0
        modality.uns["spamca"]["constants"]["n_used"] -= 1
    rna, protein = spamca.Model.from_mudata(integrated).header["modalities"]
    assert integrated["rna"].var_names[3] not in rna["features"]
    assert len(rna["features"]) == 39
    assert len(protein["features"]) == 40


def test_what_is_missing_names_the_call(integrated, tissue):
    with pytest.raises(KeyError, match=r"call spamca.tl.integrate\(mdata\)"):
        spamca.Model.from_mudata(tissue)
    with pytest.raises(TypeError, match="must be a MuData"):
        spamca.Model.from_mudata(tissue["rna"])
    del integrated.uns["spamca"]["cluster"]
    with pytest.raises(KeyError, match=r"call spamca.tl.cluster\(mdata\)"):
        spamca.Model.from_mudata(integrated)


def test_domains_of_another_embedding_are_refused(integrated):
    integrated.obsm["X_other"] = integrated.obsm["X_spamca"][:, :5]
    spamca.tl.cluster(integrated, 3, use_rep="X_other")
    with pytest.raises(ValueError, match=r"read from mdata.obsm\['X_other'\]"):
        spamca.Model.from_mudata(integrated)


def test_other_features_are_refused(integrated):
    spamca.pp.prepare(integrated, n_comps=5)
    with pytest.raises(ValueError, match="features or the spots of modality 'rna' are no longer those"):
        spamca.Model.from_mudata(integrated)


def test_lost_preparation_is_named(integrated):
    del integrated["rna"].varm["spamca_preparation"]
    with pytest.raises(KeyError, match=r"lacks .*spamca_preparation.* call spamca.pp.prepare"):
        spamca.Model.from_mudata(integrated)


def test_features_taken_out_are_named(integrated):
    integrated["rna"].varm["PCs"][3] = 0
    with pytest.raises(ValueError, match="'rna' is no longer what it was prepared from: 40 features were used"):
        spamca.Model.from_mudata(integrated)


@pytest.mark.parametrize(("holder", "name"), [("obsm", "spamca_posterior"), ("obsp", "spatial_connectivities")])
def test_lost_parts_of_the_training_are_named(integrated, holder, name):
    del getattr(integrated, holder)[name]
    with pytest.raises(KeyError, match=rf"mdata\.{holder}\['{name}'\] .* call spamca\.tl\.integrate"):
        spamca.Model.from_mudata(integrated)


def test_lost_modality_is_named(integrated):
    part = mudata.MuData({"rna": integrated["rna"]})
    part.uns["spamca"] = integrated.uns["spamca"]
    with pytest.raises(ValueError, match=r"mdata lacks \['protein'\]"):
        spamca.Model.from_mudata(part)


def test_json():
    record = {
        "a": np.float32(0.5),
        "b": {"c": np.array(["x"], dtype=object), "d": None},
        "e": (1, np.int64(2)),
        "f": None,
    }
    assert jsonable(record) == {"a": 0.5, "b": {"c": ["x"]}, "e": [1, 2]}
