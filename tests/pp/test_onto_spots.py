"""Modalities at places of their own on the spots of one of them."""

from __future__ import annotations

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from dask import array as da
from mudata import MuData
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

import spamca

TURN = np.array([[0.0, -4.0, 100.0], [4.0, 0.0, -7.0]])  # a quarter, in units a fourth as large

# A search for domains that takes a fraction of the time.
QUICK = {
    "max_epochs": 0,
    "progress_bar": False,
    "settings": {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)},
}


def modality(X, prefix, coordinates, **columns):
    obs = pd.DataFrame(columns, index=[f"{prefix}{i}" for i in range(X.shape[0])])
    var = pd.DataFrame(index=[f"{prefix}_feature{i}" for i in range(X.shape[1])])
    return AnnData(X, obs=obs, var=var, obsm={"spatial": coordinates})


@pytest.fixture
def apart():
    """RNA at 144 spots of a grid; intensities at four points in the square of each but the first column, in other units."""
    rng = np.random.default_rng(0)
    spots = np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0)), axis=-1).reshape(-1, 2)
    points = np.stack(np.meshgrid(np.arange(0.75, 11.5, 0.5), np.arange(-0.24, 11.5, 0.5)), axis=-1).reshape(-1, 2)
    rna = modality(sparse.csr_matrix(rng.poisson(2, size=(144, 30)).astype(np.float32)), "spot", spots, batch="one")
    msi = modality(
        rng.lognormal(size=(len(points), 8)).astype(np.float32), "pixel", points, line=np.arange(len(points))
    )
    msi.X[:, 0] = points[:, 0]  # a feature that is the place
    back = np.linalg.inv(np.vstack([TURN, [0, 0, 1]]))
    msi.obsm["spatial"] = points @ back[:2, :2].T + back[:2, 2]
    return MuData({"rna": rna, "msi": msi})


def landmarks(apart):
    source = apart["msi"].obsm["spatial"][[0, 5, 40, 300]]
    return source, source @ TURN[:, :2].T + TURN[:, 2]


def test_means_of_intensities_are_at_their_place(apart):
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN}, max_distance=0.6)
    msi = found["msi"]
    assert found.n_obs == 144
    assert list(found.mod) == ["rna", "msi"]
    np.testing.assert_array_equal(found.obsm["spatial"], apart["rna"].obsm["spatial"])
    here = found["rna"][msi.obs_names].obsm["spatial"]
    np.testing.assert_array_equal(msi.obsm["spatial"], here)
    assert set(here[:, 0]) == set(range(1, 12))  # no point near the first column
    inner = here[:, 0] < 11
    np.testing.assert_allclose(
        np.asarray(msi.X)[inner & (here[:, 0] > 1), 0], here[inner & (here[:, 0] > 1), 0], atol=1e-3
    )
    assert (msi.obs["onto_spots_points"] >= 1).all()
    assert (msi.obs["onto_spots_distance"] <= 0.6).all()


def test_the_reference_stays_as_it_was(apart, assert_same):
    before = apart.copy()
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    assert_same(before, apart)
    assert_same(before["rna"], found["rna"])
    found["rna"].obs["new"] = 1
    assert "new" not in apart["rna"].obs


@pytest.mark.parametrize("form", ["matrix", "3x3", "landmarks", "spatialdata", "scikit-image", "list"])
def test_every_form_of_a_map(apart, form):
    from skimage.transform import AffineTransform
    from spatialdata.transformations import Affine

    full = np.vstack([TURN, [0, 0, 1]])
    given = {
        "matrix": TURN,
        "3x3": full,
        "list": TURN.tolist(),
        "landmarks": landmarks(apart),
        "spatialdata": Affine(full, input_axes=("x", "y"), output_axes=("x", "y")),
        "scikit-image": AffineTransform(full),
    }[form]
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": given})
    record = found.uns["onto_spots"]["modalities"]["msi"]
    np.testing.assert_allclose(record["transform"][0], full, atol=1e-6)
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    np.testing.assert_allclose(found["msi"].X, known["msi"].X, rtol=1e-4)


def test_coordinates_in_one_space_need_no_map(apart):
    apart["msi"].obsm["aligned"] = apart["msi"].obsm["spatial"] @ TURN[:, :2].T + TURN[:, 2]
    apart["rna"].obsm["aligned"] = apart["rna"].obsm["spatial"]
    found = spamca.pp.onto_spots(apart, reference="rna", spatial_key="aligned")
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    np.testing.assert_allclose(found["msi"].X, known["msi"].X, rtol=1e-4)


def test_counts_stay_counts(apart):
    found = spamca.pp.onto_spots(apart, reference="msi", transform={"rna": np.linalg.inv(np.vstack([TURN, [0, 0, 1]]))})
    X = found["rna"].X
    assert sparse.issparse(X)
    assert (X.data == np.rint(X.data)).all()
    assert X.sum() <= 1.2 * apart["rna"].X.sum()
    assert found.uns["onto_spots"]["modalities"]["rna"]["aggregate"] == "sum"
    mean = spamca.pp.onto_spots(
        apart,
        reference="msi",
        transform={"rna": np.linalg.inv(np.vstack([TURN, [0, 0, 1]]))},
        aggregate={"rna": "mean"},
    )
    assert (mean["rna"].X.data != np.rint(mean["rna"].X.data)).any()


def test_whole_intensities_of_metabolites_are_averaged(apart):
    apart["msi"].X = np.rint(1000 * apart["msi"].X)
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    assert found.uns["onto_spots"]["modalities"]["msi"]["aggregate"] == "mean"


def test_layers_are_carried_and_what_describes_points_is_not(apart, caplog):
    apart["msi"].layers["raw"] = 2 * apart["msi"].X
    apart["msi"].obsm["X_pca"] = np.ones((apart["msi"].n_obs, 2))
    with caplog.at_level("INFO", logger="spamca"):
        msi = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    np.testing.assert_allclose(msi.layers["raw"], 2 * msi.X, rtol=1e-5)
    assert "line" not in msi.obs
    assert "X_pca" not in msi.obsm
    assert "obs of 'msi' describes its points and is left out: ['line']" in caplog.text
    assert "obsm of 'msi' describes its points and is left out: ['X_pca']" in caplog.text


@pytest.mark.parametrize("kind", ["csr", "csc", "dask", "backed"])
def test_every_form_of_values(apart, kind, tmp_path):
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"].X
    if kind == "backed":
        apart.write_h5mu(tmp_path / "apart.h5mu")
        apart = mudata.read_h5mu(tmp_path / "apart.h5mu", backed="r")
    else:
        change = {
            "csr": sparse.csr_matrix,
            "csc": sparse.csc_matrix,
            "dask": lambda X: da.from_array(X, chunks=(100, -1)),
        }
        apart["msi"].X = change[kind](apart["msi"].X)
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"].X
    np.testing.assert_allclose(found.toarray() if sparse.issparse(found) else found, known, rtol=1e-5)


def test_modalities_on_the_same_spots_are_kept(apart, caplog):
    protein = modality(
        np.random.default_rng(0).poisson(5, size=(100, 4)).astype(np.float32), "spot", np.zeros((100, 2))
    )
    del protein.obsm["spatial"]
    protein.var_names = [f"protein{i}" for i in range(4)]
    extra = protein[:3].copy()
    extra.obs_names = ["extra0", "extra1", "extra2"]
    import anndata

    protein = anndata.concat([protein[::-1], extra])
    tissue = MuData({"protein": protein, "rna": apart["rna"], "msi": apart["msi"]})
    with caplog.at_level("INFO", logger="spamca"):
        found = spamca.pp.onto_spots(tissue, reference="rna", transform={"msi": TURN})
    assert found.n_obs == 144
    assert "'protein' is on 100 spots of 'rna' already; 3 others are left out" in caplog.text
    np.testing.assert_array_equal(found["protein"]["spot7"].X, protein["spot7"].X)


def test_the_same_names_at_other_places_are_other_spots(apart):
    apart["msi"].obs_names = [f"spot{i}" for i in range(apart["msi"].n_obs)]
    tissue = MuData({"rna": apart["rna"], "msi": apart["msi"]})
    found = spamca.pp.onto_spots(tissue, reference="rna", transform={"msi": TURN})
    assert "msi" in found.uns["onto_spots"]["modalities"]
    apart["msi"].obsm["spatial"] = apart["msi"].obsm["spatial"] @ TURN[:, :2].T + TURN[:, 2]
    assert "msi" in spamca.pp.onto_spots(tissue, reference="rna").uns["onto_spots"]["modalities"]


@pytest.mark.parametrize("dtype", ["category", "str", "int"])
def test_sections_are_joined_each_with_its_own_map(apart, dtype):
    from anndata import concat

    names = {"category": ["b", "a"], "str": ["b", "a"], "int": [2, 1]}[dtype]
    both = {}
    for name in apart.mod:
        parts = {section: apart[name].copy() for section in names}
        parts[names[1]].X = 3 * parts[names[1]].X
        if name == "msi":
            parts[names[1]].obsm["spatial"] = parts[names[1]].obsm["spatial"] @ TURN[:, :2].T + TURN[:, 2]
        joined = concat(parts, label="section", index_unique="-")
        joined.obs["section"] = joined.obs["section"].astype(dtype)
        both[name] = joined
    maps = {names[0]: TURN, names[1]: np.eye(3)[:2]}
    found = spamca.pp.onto_spots(MuData(both), reference="rna", transform={"msi": maps}, library_key="section")
    alone = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    for section, factor in zip(names, (1, 3), strict=True):
        rows = found["msi"].obs["section"].astype(str) == str(section)
        np.testing.assert_allclose(found["msi"][rows.to_numpy()].X, factor * alone.X, rtol=1e-4)
    assert found.uns["onto_spots"]["library_key"] == "section"
    with pytest.raises(KeyError, match="must name the sections of 'msi'"):
        spamca.pp.onto_spots(MuData(both), reference="rna", transform={"msi": {"a": TURN}}, library_key="section")


@pytest.mark.parametrize("form", ["array", "dask"])
def test_controls_and_points_that_were_not_measured_are_carried(apart, form):
    """They are left out later, where features are prepared."""
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    apart["msi"].var["control"] = np.arange(8) < 2
    apart["msi"].obs["spamca_measured"] = np.arange(apart["msi"].n_obs) > 20
    if form == "dask":
        apart["msi"].X = da.from_array(apart["msi"].X, chunks=(100, -1))
    msi = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    np.testing.assert_allclose(msi.X, known.X, rtol=1e-5)
    assert msi.var["control"].sum() == 2


def test_sections_at_different_heights(apart):
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    for modality in apart.mod.values():
        half = modality.obsm["spatial"][:, 1] < np.median(modality.obsm["spatial"][:, 1])
        modality.obs["section"] = np.where(half, "low", "high")
        modality.obsm["spatial"] = np.column_stack([modality.obsm["spatial"], 5.0 * half])
    with pytest.raises(ValueError, match="joined in the plane"):
        spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    apart["msi"].obs["section"] = apart["rna"].obs["section"].iloc[0]
    found = spamca.pp.onto_spots(
        MuData({"rna": apart["rna"], "msi": apart["msi"][apart["msi"].obsm["spatial"][:, 2] == 5]}),
        reference="rna",
        transform={"msi": TURN},
        library_key="section",
    )
    assert found.obsm["spatial"].shape == (144, 2)
    assert 0 < found["msi"].n_obs < known.n_obs


def test_columns_of_the_tissue_follow_its_spots(apart):
    apart.obs["label"] = pd.Categorical(["left"] * 100 + ["right"] * (apart.n_obs - 100))
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    assert found.obs["label"].tolist() == ["left"] * 100 + ["right"] * 44


def test_a_file_holds_all_of_it(apart, assert_same, tmp_path):
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": landmarks(apart)})
    found.write_h5mu(tmp_path / "found.h5mu")
    read = mudata.read_h5mu(tmp_path / "found.h5mu")
    assert_same(found, read)
    spamca.pl.overlay(read)


def test_domains_of_what_was_apart():
    whole = spamca.datasets.simulated(n_spots=400, n_domains=3, n_features=40, difficulty=0.2)
    rna, protein = whole["rna"][::2].copy(), whole["protein"][1::2].copy()
    protein.obsm["spatial"] = protein.obsm["spatial"] * 0.01
    apart = MuData({"rna": rna, "protein": protein})
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"protein": np.diag([100.0, 100, 1])})
    spamca.tl.integrate(found, n_clusters=3, **QUICK)
    assert adjusted_rand_score(whole[found.obs_names].obs["label"], found.obs["spamca"]) > 0.8


def test_from_the_coordinate_systems_of_spatialdata():
    from spatialdata import SpatialData
    from spatialdata.models import ShapesModel, TableModel
    from spatialdata.transformations import Affine, Identity

    rng = np.random.default_rng(0)
    at = rng.uniform(0, 10, size=(120, 2))
    turn = Affine(np.vstack([TURN, [0, 0, 1]]), input_axes=("x", "y"), output_axes=("x", "y"))
    back = np.linalg.inv(np.vstack([TURN, [0, 0, 1]]))
    other = at @ back[:2, :2].T + back[:2, 2]

    def table(region, X):
        obs = pd.DataFrame(
            {"region": pd.Categorical([region] * 120), "id": np.arange(120)}, index=[f"{i}" for i in range(120)]
        )
        var = pd.DataFrame(index=[f"{region}{i}" for i in range(X.shape[1])])
        adata = AnnData(X.astype(np.float32), obs=obs, var=var)
        return TableModel.parse(adata, region=region, region_key="region", instance_key="id")

    shapes = {
        "spots": ShapesModel.parse(at, geometry=0, radius=0.3, transformations={"aligned": Identity()}),
        "pixels": ShapesModel.parse(other, geometry=0, radius=0.1, transformations={"aligned": turn}),
    }
    tables = {
        "rna": table("spots", rng.poisson(3, size=(120, 20))),
        "msi": table("pixels", rng.lognormal(size=(120, 5))),
    }
    sdata = SpatialData(shapes=shapes, tables=tables)
    # Both tables number their rows from 0: names say nothing here.
    mdata = spamca.io.from_spatialdata(sdata, join="apart", coordinate_system="aligned")
    assert mdata.n_obs == 240
    for name in tables:
        np.testing.assert_allclose(mdata[name].obsm["spatial"], at, atol=1e-6)
    found = spamca.pp.onto_spots(mdata, reference="rna", method={"msi": "nearest"})
    assert found["msi"].obs_names[0] == "rna:0"
    np.testing.assert_allclose(found["msi"].X, mdata["msi"].X, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"reference": "atac"}, ValueError, "reference must be one of 'rna', 'msi', got 'atac'"),
        ({"transform": {"adt": TURN}}, KeyError, "transform names modality 'adt'"),
        ({"transform": {"rna": TURN}}, ValueError, "the reference, whose spots stay"),
        ({"transform": TURN}, TypeError, "transform must be a mapping"),
        ({"transform": {"msi": "left"}}, TypeError, "must be a matrix of shape"),
        ({"transform": {"msi": np.eye(4)}}, ValueError, r"got an array of shape \(4, 4\)"),
        ({"transform": {"msi": np.zeros((2, 3))}}, ValueError, "singular"),
        ({"transform": {"msi": ([[0, 0], [1, 1]], [[0, 0], [2, 2]])}}, ValueError, "landmarks='similarity'"),
        ({"transform": {"msi": {"a": TURN}}}, ValueError, "library_key"),
        ({"landmarks": "spline"}, ValueError, "landmarks must be one of"),
        ({"method": "cubic"}, ValueError, "method must be one of 'area', 'kernel', 'nearest', got 'cubic'"),
        ({"method": {"adt": "area"}}, KeyError, "method names modality 'adt'"),
        ({"aggregate": "median"}, ValueError, "aggregate must be one of"),
        ({"aggregate": {"msi": "sum"}, "transform": {"msi": TURN}}, ValueError, "holds no counts"),
        ({"max_distance": 0}, ValueError, "max_distance must be a positive length"),
        ({"spatial_key": "place"}, KeyError, "modality 'rna' has no coordinates"),
        ({"library_key": "patient"}, KeyError, "library_key='patient'"),
        ({"random_state": -1}, ValueError, "random_state"),
        ({}, ValueError, "no spot of 'rna' has 'msi'"),
    ],
    ids=lambda value: None if not isinstance(value, str) else value[:20],
)
def test_errors(apart, options, error, message):
    with pytest.raises(error, match=message):
        spamca.pp.onto_spots(apart, **{"reference": "rna", **options})


def test_coordinates_that_are_none(apart):
    apart["msi"].obsm["spatial"] = np.full((apart["msi"].n_obs, 2), np.nan)
    with pytest.raises(ValueError, match="must be finite"):
        spamca.pp.onto_spots(apart, reference="rna")
    apart["msi"].obsm["spatial"] = np.random.default_rng(0).normal(size=(apart["msi"].n_obs, 3))
    with pytest.raises(ValueError, match="two columns"):
        spamca.pp.onto_spots(apart, reference="rna")


def test_a_constant_height_is_left_out(apart):
    known = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    for one in apart.mod.values():
        one.obsm["spatial"] = np.column_stack([one.obsm["spatial"], np.full(one.n_obs, 12.0)])
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})
    np.testing.assert_array_equal(found["msi"].X, known["msi"].X)
    assert found.obsm["spatial"].shape == (144, 2)


def test_sparse_points_are_doubted(apart, caplog):
    msi = apart["msi"][::40].copy()
    with caplog.at_level("INFO", logger="spamca"):
        spamca.pp.onto_spots(MuData({"rna": apart["rna"], "msi": msi}), reference="rna", transform={"msi": TURN})
    assert "reference='msi' is the better choice" in caplog.text


def test_one_modality(apart):
    with pytest.raises(ValueError, match="no modality but reference='rna'"):
        spamca.pp.onto_spots(MuData({"rna": apart["rna"]}), reference="rna")


def test_modalities_apart_are_referred_here(apart):
    with pytest.raises(ValueError, match=r"spamca.pp.onto_spots\(mdata, reference='rna'\)"):
        spamca.pp.neighbors(apart)


def test_controls_go_with_their_modality(apart):
    flags = np.arange(apart["msi"].n_vars) == 3
    apart["msi"].var["control"] = flags
    found = spamca.pp.onto_spots(apart, reference="rna", transform={"msi": TURN})["msi"]
    np.testing.assert_array_equal(found.var["control"], flags)
    assert found.X[:, 3].all()


@pytest.mark.parametrize("value", [0, np.nan])
@pytest.mark.parametrize("aggregate", ["mean", "sum"])
def test_points_that_hold_nothing_give_nothing(apart, caplog, value, aggregate):
    full = apart.copy()
    full["msi"].X = np.ceil(full["msi"].X)
    left = full["msi"].X[:, 0] < 3  # first of all a place
    holed = full.copy()
    holed["msi"].X[left] = value
    options = {"reference": "rna", "transform": {"msi": TURN}, "aggregate": aggregate, "method": "nearest"}
    known, found = spamca.pp.onto_spots(full, **options)["msi"], spamca.pp.onto_spots(holed, **options)["msi"]
    assert f"'msi' holds nothing in {left.sum()} of {len(left)} spots" in caplog.text
    assert "empty_rows" not in caplog.text
    gone = known.obs_names.difference(found.obs_names)
    assert 0 < len(gone) < known.n_obs
    inner = known.obs_names[known.X[:, 0] > (3 if aggregate == "mean" else 3 * 4)]
    np.testing.assert_array_equal(found[inner].X, known[inner].X)
    assert np.isfinite(found.X).all()
    assert found.X.any(axis=1).all()


def test_sections_of_spots_whose_names_clash(apart):
    """Spots of modalities at places of their own are often both called "0", "1", ...: each has its own section."""
    parts = {name: modality[:140].copy() for name, modality in apart.mod.items()}
    rng = np.random.default_rng(0)
    for number, modality in enumerate(parts.values()):
        modality.obsm["spatial"] = rng.uniform(0, 12, (140, 2))
        modality.obs["section"] = np.where((np.arange(140) < 70) == bool(number), "a", "b")
    known = spamca.pp.onto_spots(MuData(parts), reference="rna", library_key="section")
    names = parts["rna"].obs_names.copy()
    parts["msi"].obs_names = parts["rna"].obs_names = [str(i) for i in range(140)]
    found = spamca.pp.onto_spots(MuData(parts), reference="rna", library_key="section")
    found["msi"].obs_names = names[found["msi"].obs_names.astype(int)]
    pd.testing.assert_frame_equal(found["msi"].to_df(), known["msi"].to_df())


def test_sections_that_were_forgotten(apart, caplog):
    rna, msi = apart["rna"], apart["msi"]
    msi.obsm["spatial"] = spamca.onto.from_matrix(TURN)(msi.obsm["spatial"])
    both = {}
    for name, one in {"rna": rna, "msi": msi}.items():
        other = one.copy()
        other.obs_names = "second " + other.obs_names
        other.obsm["spatial"] = other.obsm["spatial"] + 0.1
        both[name] = anndata.concat([one, other], label="section", keys=["1", "2"])
    found = spamca.pp.onto_spots(MuData(both), reference="rna")
    assert "obs['section'] names 2 sections" in caplog.text
    assert found.uns["onto_spots"]["library_key"] == "section"
    one = spamca.pp.onto_spots(MuData(both), reference="rna", library_key=None)
    assert "library_key" not in one.uns["onto_spots"]
