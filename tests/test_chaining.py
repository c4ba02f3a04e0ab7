"""squidpy, scanpy and muon on the result, without any step between."""

from __future__ import annotations

import matplotlib.pyplot as plt
import mudata
import muon
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import squidpy as sq

N_DOMAINS = 3


@pytest.fixture(params=["joint", "rna", "protein"])
def result(integrated, request):
    """The MuData, or one of its modalities."""
    return integrated if request.param == "joint" else integrated[request.param]


def test_nhood_enrichment(result):
    sq.gr.nhood_enrichment(result, cluster_key="spamca", n_perms=20, seed=0, show_progress_bar=False)
    zscore = result.uns["spamca_nhood_enrichment"]["zscore"]
    assert zscore.shape == (N_DOMAINS, N_DOMAINS)
    assert np.isfinite(zscore).all()
    assert (np.diag(zscore) > 0).all(), "domains are contiguous"


def test_co_occurrence(result):
    sq.gr.co_occurrence(result, cluster_key="spamca", interval=5)
    assert result.uns["spamca_co_occurrence"]["occ"].shape[:2] == (N_DOMAINS, N_DOMAINS)


def test_interaction_matrix(result):
    sq.gr.interaction_matrix(result, cluster_key="spamca")
    counts = result.uns["spamca_interactions"]
    assert counts.sum() == result.obsp["spatial_connectivities"].nnz


def test_centrality_scores(result):
    sq.gr.centrality_scores(result, cluster_key="spamca", show_progress_bar=False)
    assert len(result.uns["spamca_centrality_scores"]) == N_DOMAINS


def test_spatial_scatter(result):
    ax = sq.pl.spatial_scatter(result, color="spamca", shape=None, library_id="tissue", return_ax=True)
    assert ax.yaxis_inverted()


def test_umap(integrated):
    sc.pp.neighbors(integrated, use_rep="X_spamca")
    sc.tl.umap(integrated, maxiter=10)
    ax = sc.pl.umap(integrated, color="spamca", show=False)
    assert [text.get_text() for text in ax.get_legend().texts] == list(integrated.obs["spamca"].cat.categories)


def test_leiden_on_the_embedding(integrated):
    sc.pp.neighbors(integrated, use_rep="X_spamca", method="gauss", transformer="sklearn")
    sc.tl.leiden(integrated, flavor="igraph", n_iterations=2, directed=False)
    assert isinstance(integrated.obs["leiden"].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize("modality", ["rna", "protein"])
def test_rank_genes_groups(integrated, modality):
    adata = integrated[modality]
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, groupby="spamca", method="wilcoxon")
    names = adata.uns["rank_genes_groups"]["names"]
    assert names.dtype.names == tuple(adata.obs["spamca"].cat.categories)
    best = [names[category][0] for category in names.dtype.names]
    assert adata.var.loc[best, "marker"].all()


def test_muon_embedding(integrated):
    sc.pp.neighbors(integrated, use_rep="X_spamca")
    sc.tl.umap(integrated, maxiter=10)
    muon.pl.embedding(integrated, basis="X_umap", color=["spamca", "rna:spamca_weight", "rna:gene1"], show=False)
    assert len(plt.gcf().axes) >= 3


def test_muon_embedding_in_space(integrated):
    ax = muon.pl.embedding(integrated, basis="rna:spatial", color="spamca", show=False)
    assert ax is not None


def test_squidpy_plots(integrated):
    sq.gr.nhood_enrichment(integrated, cluster_key="spamca", n_perms=20, seed=0, show_progress_bar=False)
    sq.pl.nhood_enrichment(integrated, cluster_key="spamca")
    assert plt.get_fignums()


def test_colors_agree(integrated):
    colors = dict(zip(integrated.obs["spamca"].cat.categories, integrated.uns["spamca_colors"], strict=True))
    for adata in integrated.mod.values():
        own = dict(zip(adata.obs["spamca"].cat.categories, adata.uns["spamca_colors"], strict=True))
        assert own.items() <= colors.items()
        assert adata.obs["spamca"].astype(str).equals(integrated.obs["spamca"].astype(str))


def test_round_trip(integrated, assert_same, tmp_path):
    integrated.write(tmp_path / "tissue.h5mu")
    again = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert_same(integrated, again)
    assert set(again.obs) >= {"label", "spamca", "spamca_confidence", "rna:spamca_weight", "protein:spamca_weight"}
    assert not again.obs["spamca"].cat.ordered
    for name in ("label", "spamca", "spamca_weight"):
        assert (name in again["rna"].obs) == (name in integrated["rna"].obs)
    sc.pp.neighbors(again, use_rep="X_spamca")
    sc.tl.umap(again, maxiter=10)
    sq.gr.interaction_matrix(again, cluster_key="spamca")
