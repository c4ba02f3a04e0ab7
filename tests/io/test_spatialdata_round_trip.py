"""Results through a SpatialData, through Zarr and ``.h5mu``: what comes back works as what went in."""

from __future__ import annotations

import anndata
import mudata
import numpy as np
import pytest
import spatialdata

import spamca
from spamca import _edge
from spamca.io import from_spatialdata, to_spatialdata

# spatialdata's and zarr's own
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*autosharding:UserWarning"
)


def through_spatialdata(mdata, path):
    to_spatialdata(mdata).write(path / "tissue.zarr")
    return from_spatialdata(spatialdata.read_zarr(path / "tissue.zarr"))


def through_tables(mdata, path):
    """Modalities that were read from a SpatialData, and given back to it."""
    raw = mudata.MuData({name: _bare(modality) for name, modality in mdata.mod.items()})
    first = to_spatialdata(raw)
    del first.tables["spamca"]
    to_spatialdata(mdata, first).write(path / "tissue.zarr")
    return from_spatialdata(spatialdata.read_zarr(path / "tissue.zarr"))


def through_one_table(mdata, path):
    """The same where one table holds all features."""
    types = {"rna": "Gene Expression", "protein": "Antibody Capture"}
    for name, modality in mdata.mod.items():
        modality.var["feature_types"] = types[name]
    whole = anndata.concat([_bare(modality) for modality in mdata.mod.values()], axis=1, merge="first")
    first = to_spatialdata(mudata.MuData({"table": whole}))
    del first.tables["spamca"]
    to_spatialdata(mdata, first, tables=dict.fromkeys(mdata.mod, "table")).write(path / "tissue.zarr")
    return from_spatialdata(spatialdata.read_zarr(path / "tissue.zarr"))


def through_h5mu(mdata, path):
    with _edge.without_pull():
        mdata.write_h5mu(path / "tissue.h5mu", compression="gzip")
        return mudata.read_h5mu(path / "tissue.h5mu")


def through_zarr(mdata, path):
    with _edge.without_pull():
        mdata.write_zarr(path / "tissue.zarr")
        return mudata.read_zarr(path / "tissue.zarr")


def _bare(modality):
    bare = anndata.AnnData(
        modality.X, modality.obs[[]], modality.var[["feature_types"] if "feature_types" in modality.var else []]
    )
    bare.obsm["spatial"] = modality.obsm["spatial"]
    return bare


@pytest.fixture(scope="module")
def expected(_integrated):
    """What the tissue gives, and what it gives after another number of domains."""
    mdata = _integrated.copy()
    spamca.tl.rename_domains(mdata, {"0": "core", "1": "edge a/b"})
    again = mdata.copy()
    spamca.tl.denoise(again, features=["gene1", "protein2"])
    other = _integrated.copy()
    spamca.tl.transform(other, spamca.Model.from_mudata(mdata))
    spamca.tl.cluster(again, 2)
    return _integrated, mdata, again, other


@pytest.mark.slow
@pytest.mark.parametrize(
    "way",
    [through_spatialdata, through_tables, through_one_table, through_h5mu, through_zarr],
    ids=lambda way: way.__name__,
)
def test_what_comes_back_works(expected, way, tmp_path):
    tissue, given, again, other = expected
    back = way(given.copy(), tmp_path)
    assert list(back.mod) == ["rna", "protein"]
    assert list(back.obs_names) == list(given.obs_names)
    assert list(back.obs["spamca"].astype(str)) == list(given.obs["spamca"].astype(str))
    assert list(back.obs["spamca"].cat.categories) == ["core", "edge a/b", "2"]
    np.testing.assert_array_equal(back.obsm["X_spamca"], given.obsm["X_spamca"])
    np.testing.assert_array_equal(back.obsm["spamca_posterior"], given.obsm["spamca_posterior"])
    np.testing.assert_array_equal(back.obs["spamca_confidence"], given.obs["spamca_confidence"])
    assert set(back.obsp) == set(given.obsp)
    for name, modality in given.mod.items():
        np.testing.assert_array_equal(back[name].obs["spamca_weight"], given.obs[f"{name}:spamca_weight"])
        np.testing.assert_array_equal(back[name].obsm["X_spamca"], modality.obsm["X_spamca"])
        assert list(back[name].obs["spamca"].astype(str)) == list(given.obs["spamca"].astype(str))
        assert set(back[name].obsp) == set(modality.obsp)
    for name, values in given.uns["spamca"]["network"].items():
        np.testing.assert_array_equal(back.uns["spamca"]["network"][name], values)
    before, after = spamca.Model.from_mudata(given), spamca.Model.from_mudata(back)
    assert after.header == before.header
    for name, values in before.arrays.items():
        np.testing.assert_array_equal(after.arrays[name], values)
    new = tissue.copy()
    spamca.tl.transform(new, after)
    np.testing.assert_array_equal(new.obsm["spamca_posterior"], other.obsm["spamca_posterior"])
    spamca.tl.denoise(back, features=["gene1", "protein2"])
    spamca.tl.cluster(back, 2)
    for name in ("rna", "protein"):
        key = f"spamca_denoised_{name}"
        np.testing.assert_array_equal(back.obsm[key], again.obsm[key])
    np.testing.assert_array_equal(back.obsm["spamca_posterior"], again.obsm["spamca_posterior"])


def test_results_of_a_subset_hold_missing_values(integrated, caplog):
    sdata = to_spatialdata(integrated)
    sdata.tables["spamca"] = sdata.tables["spamca"][:200].copy()
    back = from_spatialdata(sdata)
    assert back.n_obs == 225
    assert back.obs["spamca"].isna().sum() == 25
    assert "25 spots have no results" in caplog.text


def test_other_modalities_get_no_results(integrated):
    back = from_spatialdata(to_spatialdata(integrated), tables=["rna"])
    assert "X_spamca" not in back.obsm
