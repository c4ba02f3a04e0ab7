"""Blocks of tissue, whose coordinates have a third column, from graphs to figures."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pytest

import spamca


@pytest.fixture(scope="module")
def _block():
    """Two sections of a simulated tissue as one block of six layers, integrated."""
    mdata = spamca.datasets.simulated(n_spots=216, n_domains=3, n_features=40, difficulty=0.2)
    place = (
        np.stack(np.meshgrid(range(6), range(6), range(6), indexing="ij"), axis=-1)
        .reshape(-1, 3)[:, [1, 2, 0]]
        .astype(float)
    )
    for holder in (mdata, *mdata.mod.values()):
        holder.obsm["spatial"] = place
    mdata.obs["layer"] = pd.Categorical([f"layer {z:.0f}" for z in place[:, 2]])
    spamca.tl.integrate(mdata, 3, max_epochs=0, progress_bar=False)
    return mdata


@pytest.fixture
def block(_block):
    return _block.copy()


def test_graph_is_in_space(block):
    assert block.obsm["spatial"].shape == (216, 3)
    edges = block.obsp["spatial_connectivities"].tocoo()
    assert (np.ptp(block.obsm["spatial"][[edges.row, edges.col], 2], axis=0) == 1).any()
    assert "library_key" not in block.uns["spatial_neighbors"]["params"]


def test_scores(block):
    table = spamca.metrics.score(block, label_key="label")
    assert np.isfinite(table[["ARI", "Moran's I", "PAS", "CHAOS"]].to_numpy()).all()
    labels = block.obsm["spatial"][:, 2] > 2.5
    flat = spamca.metrics.coherence(labels, block.obsm["spatial"][:, :2])
    assert spamca.metrics.coherence(labels, block.obsm["spatial"])["PAS"] < 0.2 < flat["PAS"]


def test_transform(block):
    new = block.copy()
    for key in ("spatial_connectivities", "spatial_distances"):
        del new.obsp[key]
    del new.uns["spatial_neighbors"]
    new = spamca.datasets.simulated(n_spots=216, n_domains=3, n_features=40, difficulty=0.2)
    for holder in (new, *new.mod.values()):
        holder.obsm["spatial"] = block.obsm["spatial"]
    spamca.tl.transform(new, block)
    assert (new.obsp["spatial_connectivities"] != block.obsp["spatial_connectivities"]).nnz == 0
    assert (new.obs["spamca"].astype(str) == block.obs["spamca"].astype(str)).mean() > 0.9


def test_figures_show_slices(block):
    axes = spamca.pl.spatial_clusters(block)
    assert [ax.get_title() for ax in axes] == [f"z = {z}" for z in range(6)]
    assert [len(ax.collections[0].get_offsets()) for ax in axes] == [36] * 6
    axes = spamca.pl.spatial_clusters(block, library_key="layer", color=["spamca", "label"])
    assert axes.shape == (2, 6)
    assert axes[0, 0].get_title() == "layer 0"
    half = np.where(block.obsm["spatial"][:, 0] < 3, "left", "right")
    block.obs["half"] = half
    axes = spamca.pl.spatial_clusters(block, library_key="half", legend_loc=None)
    assert [ax.get_title() for ax in axes[[0, 1, 6]]] == ["left: z = 0", "left: z = 1", "right: z = 0"]
    assert len(spamca.pl.modality_weights(block)) == 6 * 2 + 1


def test_figures_of_many_slices_are_refused(block):
    block.obsm["spatial"] = np.random.default_rng(0).uniform(size=(216, 3))
    with pytest.raises(ValueError, match="figures show slices of one third coordinate, 30 at most, and there are 216"):
        spamca.pl.spatial_clusters(block)


def test_describe(block):
    with pytest.raises(
        ValueError, match="describe measures outlines in the plane, and the coordinates have a third column"
    ):
        spamca.tl.describe(block, n_permutations=10)
    assert "spamca_description" not in block.uns
    spamca.tl.describe(block, n_permutations=10, library_key="layer")
    table = block.uns["spamca_description"]["domains"]
    assert table["n_spots"].sum() == 216
    assert table["section"].nunique() == 6
    assert np.isclose(table["area"].sum(), 216, rtol=0.3)


def test_drivers(block):
    spamca.tl.drivers(block, groupby="label")
    assert block.uns["label_drivers"]["p_value"].notna().any()


def test_spatialdata(block):
    pytest.importorskip("spatialdata")
    sdata = spamca.io.to_spatialdata(block)
    back = spamca.io.from_spatialdata(sdata)
    np.testing.assert_array_equal(back.obsm["spatial"], block.obsm["spatial"])


@pytest.mark.skipif(importlib.util.find_spec("vitessce") is None, reason="needs vitessce")
def test_vitessce(block, tmp_path):
    import anndata

    spamca.io.to_vitessce(block, tmp_path / "page")
    place = np.asarray(anndata.read_zarr(tmp_path / "page" / "tissue.zarr").obsm["spatial"])
    assert place.shape == (216, 2)
    assert len(np.unique(place, axis=0)) == 216  # layers side by side
    block.obsm["spatial"] = np.random.default_rng(0).uniform(size=(216, 3))
    with pytest.raises(ValueError, match="to_vitessce shows side by side slices of one third coordinate"):
        spamca.io.to_vitessce(block, tmp_path / "other")
    assert not (tmp_path / "other").exists()
