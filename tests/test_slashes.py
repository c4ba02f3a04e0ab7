"""Slashes in names of features, domains and sections: what is written can be stored in each format, and is found by its name."""

from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest

import spamca
from spamca import _edge

FEATURES = ["I-A/I-E", "HLA-A/B/C", "HLA-A_B_C"]

# of spatialdata, zarr and what they read and write with
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def described():
    """Tissue that lacks proteins in some spots, with all that describes its domains; all names hold slashes."""
    tissue = spamca.datasets.simulated(n_spots=150, n_domains=3, n_features=30, difficulty=0.2)
    rna, protein = tissue["rna"].copy(), tissue["protein"][:130].copy()
    protein.var_names = [*FEATURES, *protein.var_names[3:]]
    rna.var_names = ["a/b", *rna.var_names[1:]]
    mdata = spamca.io.from_anndata({"rna": rna, "protein": protein}, join="outer")
    section = np.arange(150) // 25
    mdata.obs["section"] = pd.Categorical([f"s/{i}" for i in section])
    mdata.obs["group"] = pd.Categorical(np.where(section % 2, "treated/x", "control/y"))
    spamca.pp.neighbors(mdata)
    settings = {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)}
    spamca.tl.integrate(mdata, n_clusters=3, max_epochs=0, progress_bar=False, settings=settings)
    names = {"0": "T/NK", "1": "B/plasma", "2": "rest"}
    mdata.obs["spamca"] = mdata.obs["spamca"].cat.rename_categories(names)
    spamca.tl.denoise(mdata)
    spamca.tl.denoise(mdata, features=["HLA-A/B/C", "a/b"], key_added="few")
    spamca.tl.drivers(mdata)
    spamca.tl.variance_explained(mdata)
    spamca.tl.describe(mdata, composition="group", n_permutations=10)
    spamca.tl.compare(mdata, "group", library_key="section")
    spamca.tl.trajectory(mdata, root="T/NK")
    return mdata


def keys(value, where=""):
    if isinstance(value, pd.DataFrame):
        yield from (f"{where}/{name}" for name in value if "/" in str(name))
    elif hasattr(value, "keys"):
        for key in value.keys():  # noqa: SIM118 (mappings of MuData)
            if "/" in str(key):
                yield f"{where}[{key!r}]"
            yield from keys(value[key], f"{where}[{key!r}]")


def test_no_key_and_no_column_holds_a_slash(described):
    for holder in (described, *described.mod.values()):
        for slot in ("obs", "var", "obsm", "varm", "obsp", "uns", "layers"):
            held = getattr(holder, slot, None)
            assert not list(keys(held if held is not None else {}, slot))


@pytest.mark.parametrize("form", ["h5mu", "zarr", "spatialdata"])
def test_is_stored_in_each_format(form, described, tmp_path):
    path = tmp_path / f"tissue.{form}"
    if form == "spatialdata":
        import spatialdata

        spamca.io.to_spatialdata(described).write(path)
        read = spatialdata.read_zarr(path)["spamca"]
    elif form == "zarr":
        described.write_zarr(path)
        read = mudata.read_zarr(path)
    else:
        described.write_h5mu(path)
        read = mudata.read_h5mu(path)
    assert list(read.obs["spamca"].cat.categories) == ["T/NK", "B/plasma", "rest"]
    for key in ("spamca_denoised_protein", "few_protein", "few_rna", "spamca_posterior"):
        np.testing.assert_allclose(read.obsm[key], described.obsm[key])
    for key in ("spamca_drivers", "spamca_variance_explained"):
        pd.testing.assert_frame_equal(read.uns[key], described.uns[key], check_dtype=False, check_categorical=False)
    assert set(read.uns["spamca_description"]) == set(described.uns["spamca_description"])
    assert "I-A/I-E" in set(described.uns["spamca_drivers"]["feature"])


def test_columns_are_unlike_and_found_by_name(described, tmp_path):
    table = described.obsm["spamca_denoised_protein"]
    assert list(table)[:3] == ["I-A_I-E", "HLA-A_B_C-1", "HLA-A_B_C"]
    assert list(described.obsm["few_protein"]) == ["HLA-A_B_C"]
    described.write_h5mu(tmp_path / "tissue.h5mu")
    for mdata in (described, mudata.read_h5mu(tmp_path / "tissue.h5mu")):
        record = mdata.uns["spamca"]["denoise"]
        assert list(record["spamca_denoised"]["protein"]["features"])[:3] == FEATURES
        lacking = np.flatnonzero(_edge.rows(mdata, "protein") < 0)
        for feature, column in zip(FEATURES, list(table)[:3], strict=True):
            found = spamca.tissue.denoised_column(mdata, "spamca_denoised", "protein", feature)
            np.testing.assert_allclose(found, table[column])
        assert len(lacking) == 20
        assert spamca.tissue.denoised_column(mdata, "few", "protein", "HLA-A_B_C") is None
        axes = spamca.pl.spatial_clusters(mdata, color="protein:I-A/I-E", layer="spamca_denoised")
        assert axes is not None


def test_a_model_carries_the_names_on(described, tmp_path):
    model = spamca.Model.from_mudata(described)
    new = spamca.io.from_anndata({name: described[name].copy() for name in described.mod})
    spamca.tl.transform(new, model)
    assert list(new.obs["spamca"].cat.categories)[:2] == ["T/NK", "B/plasma"]
    assert list(new.obsm["spamca_posterior"])[:2] == ["T_NK", "B_plasma"]
    assert not list(keys(new.uns))
    new.write_zarr(tmp_path / "tissue.zarr")


def test_storable():
    assert _edge.storable(["a", "b/c", "b_c", "b/c/"]) == ["a", "b_c-1", "b_c", "b_c_"]
    assert _edge.storable([1, "x/", "x_", "x_-1", "x/"]) == ["1", "x_-2", "x_", "x_-1", "x_-3"]
