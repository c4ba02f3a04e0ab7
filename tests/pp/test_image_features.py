"""Features of the image around each spot."""

from __future__ import annotations

import mudata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from dask import array as da
from mudata import MuData
from sklearn.metrics import adjusted_rand_score

import spamca

SIDE = 200  # pixels

# A search for domains that takes a fraction of the time.
QUICK = {
    "max_epochs": 0,
    "progress_bar": False,
    "settings": {"n_starts": 4, "n_groups": 2, "n_blanks": 5, "reference_starts": 2, "scales": (1, 4)},
}


def halves(channels=3, dtype=np.uint8):
    """Left half red, right half blue."""
    top = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    image = np.zeros((SIDE, SIDE, channels), dtype=dtype)
    image[:, : SIDE // 2, 0], image[:, SIDE // 2 :, 2] = top, top
    if channels == 4:
        image[..., 3] = top
    return image


def means(patches):
    return patches.mean(axis=(1, 2))


@pytest.fixture
def spots():
    """RNA and protein at 100 spots, ten units apart, in a tissue of 100 x 100 units."""
    rng = np.random.default_rng(0)
    at = 5 + 10 * np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    obs = pd.DataFrame(index=[f"spot{i}" for i in range(100)])
    mod = {
        name: AnnData(rng.poisson(3, size=(100, n)).astype(np.float32), obs=obs.copy(), obsm={"spatial": at.copy()})
        for name, n in (("rna", 20), ("protein", 6))
    }
    for name, adata in mod.items():
        adata.var_names = [f"{name}{i}" for i in range(adata.n_vars)]
    return MuData(mod)


def left(spots):
    return spots["rna"].obsm["spatial"][:, 0] < 50


def assert_halves(image, is_left):
    np.testing.assert_allclose(image.X[is_left][:, [0, 2]], np.tile([1, 0], (is_left.sum(), 1)), atol=1e-6)
    np.testing.assert_allclose(image.X[~is_left][:, [0, 2]], np.tile([0, 1], ((~is_left).sum(), 1)), atol=1e-6)


FORMS = {
    "8 bits": halves(),
    "16 bits": halves(dtype=np.uint16),
    "float": halves(dtype=np.float32),
    "float to 255": halves().astype(np.float64),
    "RGBA": halves(4),
    "channels first": halves().transpose(2, 0, 1),
    "dask": da.from_array(halves(), chunks=(64, 64, -1)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_image(spots, form):
    spots = spamca.pp.image_features(spots, image=FORMS[form], scale=2, size=10, extractor=means)
    assert spots["image"].shape == (100, 3)
    assert_halves(spots["image"], left(spots))
    assert spots["image"].uns["spamca_image"]["side"].tolist() == [20]


def test_grey(spots):
    spots = spamca.pp.image_features(spots, image=halves()[..., 0], scale=2, size=10, extractor=means)
    np.testing.assert_allclose(spots["image"].X.ravel(), left(spots))


def test_alpha_is_on_white(spots):
    image = halves(4)
    image[: SIDE // 2, :, 3] = 0
    spots = spamca.pp.image_features(spots, image=image, scale=2, size=10, extractor=means)
    upper = spots["rna"].obsm["spatial"][:, 1] < 50
    np.testing.assert_allclose(spots["image"].X[upper], 1)


@pytest.mark.parametrize("several", [False, True])
def test_an_image_of_spatialdata(spots, several):
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Affine

    # The picture lies on its side, and its pixels are half a unit: x of the tissue is y of the picture.
    to_tissue = Affine([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 1]], input_axes=("x", "y"), output_axes=("x", "y"))
    options = {"scale_factors": [2]} if several else {}
    pixels = halves().transpose(2, 1, 0)
    element = Image2DModel.parse(pixels, dims=("c", "y", "x"), transformations={"tissue": to_tissue}, **options)
    spots = spamca.pp.image_features(spots, image=element, coordinate_system="tissue", size=10, extractor=means)
    assert_halves(spots["image"], left(spots))
    with pytest.raises(ValueError, match="coordinate_system='global' is not one of the image"):
        spots = spamca.pp.image_features(spots, image=element, extractor=means)
    with pytest.raises(ValueError, match="scale=2 is for arrays"):
        spots = spamca.pp.image_features(spots, image=element, scale=2, size=10, extractor=means)


def recorded(name="slide", scale=2, size=10.0, resolution="hires", **factors):
    return {name: {"images": {resolution: halves()}, "scalefactors": {f"tissue_{resolution}_scalef": scale, **factors}}}


@pytest.mark.parametrize("where", ["mdata", "rna"])
@pytest.mark.parametrize("resolution", ["hires", "lowres"])
def test_the_image_of_space_ranger(spots, where, resolution):
    holder = spots if where == "mdata" else spots["rna"]
    holder.uns["spatial"] = recorded(resolution=resolution, spot_diameter_fullres=6.0)
    spots = spamca.pp.image_features(spots, extractor=means)
    assert_halves(spots["image"], left(spots))
    assert spots["image"].uns["spamca_image"]["side"].tolist() == [12]


def test_the_finest_image_is_used(spots):
    record = recorded()
    record["slide"]["images"]["lowres"], record["slide"]["scalefactors"]["tissue_lowres_scalef"] = (
        halves()[::2, ::2],
        1.0,
    )
    spots.uns["spatial"] = record
    spots = spamca.pp.image_features(spots, size=10, extractor=means)
    assert spots["image"].uns["spamca_image"]["side"].tolist() == [20]


@pytest.mark.parametrize("dtype", ["category", str])
def test_sections_with_an_image_each(spots, dtype):
    spots.obs["slide"] = pd.Series(["b", "a"] * 50, index=spots.obs_names).astype(dtype)
    spots.uns["spatial"] = recorded("a") | recorded("b", scale=1.0)
    spots.uns["spatial"]["b"]["images"]["hires"] = halves()[::2, ::2, ::-1]  # coarser, red is right
    spots = spamca.pp.image_features(spots, library_key="slide", size=10, extractor=means)
    assert_halves(spots["image"], np.where(spots.obs["slide"] == "a", left(spots), ~left(spots)))
    assert spots["image"].uns["spamca_image"]["sections"].tolist() == ["a", "b"]
    images = {"a": halves(), "b": halves()}
    spots = spamca.pp.image_features(spots, image=images, scale=2, size=10, library_key="slide", extractor=means)
    assert_halves(spots["image"], left(spots))
    with pytest.raises(KeyError, match=r"image has none for the sections \['b'\]"):
        spots = spamca.pp.image_features(
            spots, image={"a": halves()}, scale=2, size=10, library_key="slide", extractor=means
        )
    with pytest.raises(ValueError, match="mapping by section"):
        spots = spamca.pp.image_features(spots, image=halves(), scale=2, size=10, library_key="slide", extractor=means)


def test_spots_outside_of_the_image_lack_it(spots, caplog):
    cut = halves()[: SIDE // 2 + 10]
    with caplog.at_level("INFO", logger="spamca"):
        spots = spamca.pp.image_features(spots, image=cut, scale=2, size=10, extractor=means)
    below = spots["rna"].obsm["spatial"][:, 1] >= 55
    assert spots["image"].obs_names.tolist() == spots.obs_names[~below].tolist()
    assert f"{below.sum()} of 100 spots lie outside" in caplog.text
    assert_halves(spots["image"], left(spots)[~below])
    np.testing.assert_array_equal(spots["image"].obsm["spatial"], spots["rna"].obsm["spatial"][~below])


def test_patches_over_the_edge_repeat_it(spots):
    seen = []
    spots = spamca.pp.image_features(
        spots, image=halves(), scale=2, size=40, extractor=lambda p: seen.append(p) or means(p)
    )
    patches = np.concatenate(seen)
    assert patches.shape == (100, 80, 80, 3)
    assert patches.dtype == np.float32
    np.testing.assert_allclose(patches.sum(axis=3), 1, atol=1e-6)


def test_patches_are_resized(spots):
    shapes = set()
    spots = spamca.pp.image_features(
        spots, image=halves(), scale=2, size=10, pixels=8, extractor=lambda p: shapes.add(p.shape[1:]) or means(p)
    )
    assert shapes == {(8, 8, 3)}
    assert adjusted_rand_score(left(spots), spots["image"].X[:, 0] > 0.5) == 1


def test_blocks_and_tiles_do_not_matter(spots, monkeypatch):
    image = np.random.default_rng(0).integers(0, 256, size=(SIDE, SIDE, 3), dtype=np.uint8)
    known = spamca.pp.image_features(spots, image=image, scale=2, size=10, extractor=means)["image"].X
    monkeypatch.setattr("spamca.pictures.patches.TILE", 50)
    monkeypatch.setattr("spamca.pictures.patches.VALUES", 3 * 20 * 20 * 7)
    calls = []
    found = spamca.pp.image_features(
        spots, image=image, scale=2, size=10, extractor=lambda p: calls.append(len(p)) or means(p)
    )
    np.testing.assert_allclose(found["image"].X, known, atol=1e-6)
    assert max(calls) <= 7


def test_features_of_squidpy(spots):
    spots = spamca.pp.image_features(spots, image=halves(), scale=2, size=10, features=["summary", "histogram"])
    image = spots["image"].to_df()
    assert (image["summary_ch-0_mean"] == left(spots)).all()
    assert (image["histogram_ch-2_bin-9"] == 400 * ~left(spots)).all()
    assert (image["summary_ch-1_std"] == 0).all()


def test_texture_of_squidpy():
    from spamca.pictures import squidpy_features

    board = np.indices((6, 6)).sum(axis=0) % 2
    patches = np.stack([board, np.ones((6, 6))])[..., None].astype(np.float32)
    values, names = squidpy_features(patches, ["texture"])
    contrast = names.index("texture_ch-0_contrast_dist-1_angle-0.00")
    assert values[:, contrast].tolist() == [255**2, 0]


def test_a_tensor_is_taken(spots):
    import torch

    spots = spamca.pp.image_features(
        spots, image=halves(), scale=2, size=10, extractor=lambda p: torch.tensor(means(p), requires_grad=True)
    )
    assert_halves(spots["image"], left(spots))


def test_the_tissue_keeps_what_it_has(spots, assert_same):
    spots.obsm["whole"], spots.obsm["spatial"] = (
        np.arange(200).reshape(100, 2),
        spots["rna"].obsm["spatial"].astype(int),
    )
    spots.obs["n"], spots.obsp["links"], spots.uns["note"] = np.arange(100), np.eye(100), {"a": [1]}
    spots.obs["kind"] = pd.Categorical(["a", "b"] * 50)
    before = spots.copy()
    found = spamca.pp.image_features(spots, image=halves(), scale=2, size=10, extractor=means)
    assert_same(before, spots)
    assert found.obs_names.equals(before.obs_names)
    for name in before.mod:
        assert_same(before[name], found[name])
    for slot in ("obsm", "obsp"):
        for key in ("whole", "spatial") if slot == "obsm" else ("links",):
            np.testing.assert_array_equal(getattr(found, slot)[key], getattr(before, slot)[key])
    pd.testing.assert_frame_equal(found.obs, before.obs)
    assert found.uns["note"] == {"a": [1]}
    found["rna"].obs["new"] = 1
    assert "new" not in spots["rna"].obs
    again = spamca.pp.image_features(found, image=halves()[:150], scale=2, size=10, extractor=lambda p: means(p)[:, :2])
    assert again["image"].shape == (70, 2)


def test_names_of_features_that_are_taken(spots):
    spots["rna"].var_names = ["image_0", *spots["rna"].var_names[1:]]
    spots = MuData(dict(spots.mod))
    spots = spamca.pp.image_features(spots, image=halves(), scale=2, size=10, extractor=means)
    assert spots["image"].var_names.tolist() == ["image:image_0", "image_1", "image_2"]


@pytest.mark.slow
def test_domains_of_the_image(spots, tmp_path):
    rng = np.random.default_rng(0)
    noisy = (halves() * 0.5 + rng.integers(0, 120, size=(SIDE, SIDE, 3))).astype(np.uint8)
    spots = spamca.pp.image_features(spots, image=noisy, scale=2, size=10, modality="he")
    spamca.pp.neighbors(spots)
    assert spots["he"].uns["spamca"]["kind"] == "image"
    spamca.tl.integrate(spots, n_clusters=2, **QUICK)
    assert adjusted_rand_score(left(spots), spots.obs["spamca"]) > 0.9
    spots.write_h5mu(tmp_path / "spots.h5mu")
    assert mudata.read_h5mu(tmp_path / "spots.h5mu")["he"].uns["spamca_image"]["extractor"] == "squidpy"


def three(patches):
    return np.ones(3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"image": None}, KeyError, "no image in uns"),
        ({"image": "he.tif"}, TypeError, "image must be an array or an image of a SpatialData"),
        ({"image": np.zeros(5)}, ValueError, "an image must be numbers of shape"),
        ({"image": np.full((9, 9), "x")}, ValueError, "an image must be numbers of shape"),
        ({"extractor": "resnet"}, ValueError, "extractor must be 'squidpy' or a function"),
        ({"extractor": three}, ValueError, r"extractor 'three': of 100 patches .* got \(3,\)"),
        ({"extractor": lambda p: p.mean(axis=(1, 2)) * np.nan}, ValueError, "NaN or infinite"),
        ({"extractor": lambda p: "left"}, ValueError, "numbers of shape"),
        ({"features": "shape", "extractor": "squidpy"}, ValueError, "features must be one of"),
        ({"features": [], "extractor": "squidpy"}, ValueError, "at least"),
        ({"size": -1}, ValueError, "size must be a positive length"),
        ({"size": 0.1}, ValueError, "a side of 0.2 pixels"),
        ({"scale": 0}, ValueError, "scale must be a positive length"),
        ({"scale": 400.0, "size": 1}, ValueError, "no spot lies in the image"),
        ({"pixels": 1}, ValueError, "pixels must be at least 2"),
        ({"modality": "rna"}, ValueError, "would replace one that image_features did not write"),
        ({"modality": "a/b"}, ValueError, "without '/'"),
        ({"modality": "spatial"}, ValueError, "would replace mdata.obsm"),
        ({"spatial_key": "place"}, KeyError, "no coordinates"),
    ],
    ids=range(19),
)
def test_errors_leave_the_tissue_as_it_was(spots, assert_same, options, error, message):
    spots.obsm["spatial"] = spots["rna"].obsm["spatial"].copy()
    before = spots.copy()
    options = {"image": halves(), "scale": 2, "extractor": means, **options}
    with pytest.raises(error, match=message):
        spots = spamca.pp.image_features(spots, **options)
    assert_same(before, spots)


def test_several_images_need_sections(spots):
    spots.uns["spatial"] = recorded("a") | recorded("b")
    with pytest.raises(ValueError, match="name their column of obs with library_key"):
        spots = spamca.pp.image_features(spots)


def test_an_image_without_scale(spots):
    spots.uns["spatial"] = {"a": {"images": {"hires": halves()}, "scalefactors": {}}}
    with pytest.raises(KeyError, match="no image with a scale factor"):
        spots = spamca.pp.image_features(spots)
