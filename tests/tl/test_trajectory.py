from __future__ import annotations

import logging

import mudata
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from anndata import AnnData
from scipy.stats import spearmanr

import spamca
from spamca.graph.fuzzy import neighbor_graphs


@pytest.fixture(scope="module")
def gradient():
    """Tissue whose features rise or fall along the first coordinate, integrated."""
    rng = np.random.default_rng(0)
    at = np.array([(x, y) for x in range(24) for y in range(10)], dtype=float)
    along = at[:, :1] / 23
    names = [f"spot{i}" for i in range(len(at))]
    mod = {}
    for name, n in (("rna", 60), ("protein", 20)):
        slope = rng.normal(0, 1.5, n)
        counts = rng.poisson(6 * np.exp(slope * (along - 0.5))).astype(np.float32)
        mod[name] = AnnData(counts, pd.DataFrame(index=names), pd.DataFrame(index=[f"{name}{j}" for j in range(n)]))
        mod[name].obsm["spatial"] = at.copy()
    mdata = mudata.MuData(mod)
    spamca.tl.integrate(mdata, n_clusters=4, progress_bar=False)
    return mdata


def test_gradient(gradient, caplog):
    along, domains = gradient.obsm["spatial"][:, 0], gradient.obs["spamca"]
    means = pd.Series(along).groupby(domains.to_numpy(), observed=True).mean()
    with caplog.at_level(logging.INFO, logger="spamca"):
        changed = spamca.tl.trajectory(gradient, root=means.idxmin(), copy=True)
    order = changed.obs["spamca_pseudotime"]
    assert spearmanr(order, along)[0] > 0.95
    assert (order.min(), order.max()) == (0, 1)
    record = changed.uns["spamca_paga"]
    assert order[record["root"]] == 0
    assert f"the root is spot {record['root']!r}, the most central of domain {means.idxmin()!r}" in caplog.text
    assert "spamca_pseudotime" not in gradient.obs
    # Domains that follow one another in the gradient are connected, and the tree is their order.
    ranks = means.rank().astype(int)[list(record["names"])].to_numpy()
    begin, end = record["connectivities_tree"].nonzero()
    assert set(np.abs(ranks[begin] - ranks[end])) == {1}
    assert len(begin) == 3


def test_the_order_begins_at_a_spot(gradient):
    last = gradient.obs_names[-1]
    changed = spamca.tl.trajectory(gradient, root=last, n_comps=2, key="spamca", copy=True)
    assert changed.obs.loc[last, "spamca_pseudotime"] == 0
    assert spearmanr(changed.obs["spamca_pseudotime"], gradient.obsm["spatial"][:, 0])[0] < -0.9
    assert changed.uns["spamca_paga"]["root"] == last
    assert changed.uns["spamca_paga"]["n_comps"] == 2


def test_nothing_of_the_users_is_replaced(integrated, tmp_path, assert_same):
    kept = np.zeros((integrated.n_obs, 2))
    integrated.uns["iroot"], integrated.uns["paga"] = 7, {"mine": 1}
    integrated.obsm["X_diffmap"], integrated.obs["dpt_pseudotime"] = kept, 3.0
    before = integrated.copy()
    spamca.tl.trajectory(integrated, root="domain 1", groupby="label")
    assert integrated.uns["spamca_paga"]["groups"] == "label"
    file = tmp_path / "tissue.h5mu"
    integrated.write(file)
    read = mudata.read_h5mu(file)
    np.testing.assert_array_equal(read.obs["spamca_pseudotime"], integrated.obs["spamca_pseudotime"])
    assert list(read.uns["spamca_paga"]["names"]) == integrated.uns["spamca_paga"]["names"]
    assert (read.uns["spamca_paga"]["connectivities"] != integrated.uns["spamca_paga"]["connectivities"]).nnz == 0
    del integrated.obs["spamca_pseudotime"], integrated.uns["spamca_paga"]
    assert_same(before, integrated)


def test_paga_is_what_scanpy_finds(integrated):
    sc.pp.neighbors(integrated, use_rep="X_spamca", transformer="sklearn", key_added="theirs")
    adata = integrated.copy()  # scanpy takes the MuData itself
    sc.tl.paga(adata, groups="spamca", neighbors_key="theirs")
    spamca.tl.trajectory(integrated, root="0", neighbors_key="theirs")
    record = integrated.uns["spamca_paga"]
    np.testing.assert_allclose(record["connectivities"].toarray(), adata.uns["paga"]["connectivities"].toarray())
    tree = adata.uns["paga"]["connectivities_tree"].toarray()
    np.testing.assert_allclose(record["connectivities_tree"].toarray(), tree)
    own = spamca.tl.trajectory(integrated, root="0", copy=True)  # finds the same neighbours, and keeps none
    np.testing.assert_allclose(own.obs["spamca_pseudotime"], integrated.obs["spamca_pseudotime"], atol=1e-3)
    assert set(own.obsp) == set(integrated.obsp)


def test_parts_that_are_not_joined_are_logged(integrated, caplog):
    apart, kept = np.arange(integrated.n_obs) < 40, {"neighbors_key": "parts"}
    mask = np.equal.outer(apart, apart)
    for name, graph in neighbor_graphs(integrated.obsm["X_spamca"]).items():
        integrated.obsp[name] = graph.multiply(mask).tocsr()
    integrated.uns["parts"] = {f"{name}_key": name for name in ("connectivities", "distances")}
    with caplog.at_level(logging.INFO, logger="spamca"):
        spamca.tl.trajectory(integrated, root=integrated.obs_names[100], **kept)
    order = integrated.obs["spamca_pseudotime"]
    assert order[:40].isna().all()
    assert f"no neighbours join {order.isna().sum()} spots to the root" in caplog.text
    alone = integrated.obsp["connectivities"].tolil()
    alone[0], alone[:, 0] = 0, 0
    integrated.obsp["connectivities"] = alone.tocsr()
    with pytest.raises(ValueError, match="neighbours join 1 spots to it, at least 4 are needed"):
        spamca.tl.trajectory(integrated, root=integrated.obs_names[0], **kept)


def test_spots_without_domain(integrated):
    spamca.tl.trajectory(integrated, root="0")
    expected = integrated.obs["spamca_pseudotime"].to_numpy()
    integrated.obs["spamca"] = integrated.obs["spamca"].cat.remove_categories("2")
    spamca.tl.trajectory(integrated, root="0")
    np.testing.assert_allclose(integrated.obs["spamca_pseudotime"], expected)
    assert integrated.uns["spamca_paga"]["names"] == ["0", "1"]


def test_a_new_embedding_removes_the_old_order(integrated):
    spamca.tl.trajectory(integrated, root="0")
    spamca.tl.integrate(integrated, n_clusters=3, progress_bar=False)
    assert "spamca_pseudotime" not in integrated.obs
    assert "spamca_paga" not in integrated.uns


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"root": "x"},
            ValueError,
            r"root='x' is neither a domain, of \['0', '1', '2'\], nor the name of a spot, such as",
        ),
        ({"root": 3}, TypeError, "root must be a string, got 3"),
        ({"root": "0", "groupby": "x"}, KeyError, "groupby='x' is not a column of mdata.obs"),
        (
            {"root": "0", "groupby": "spamca_confidence"},
            ValueError,
            "groupby='spamca_confidence' holds numbers, but must hold domains",
        ),
        ({"root": "0", "groupby": "one"}, ValueError, "groupby='one' has 1 domains, at least 2 are needed"),
        ({"root": "0", "n_comps": 0}, ValueError, "n_comps must be at least 1, got 0"),
        (
            {"root": "0", "key": "x"},
            KeyError,
            r"obsm\['X_x'\] does not exist; call .*integrate\(mdata, key_added='x'\)\"$",
        ),
        ({"root": "0", "neighbors_key": "one"}, KeyError, "neighbors_key='one' names no neighbours.* and distances"),
        ({"root": "0", "neighbors_key": 1}, TypeError, "neighbors_key must be a string, got 1"),
        ({"root": "0", "key": "rna"}, ValueError, "key='rna' collides with a modality"),
        ({"root": "0", "random_state": -1}, ValueError, "random_state"),
    ],
)
def test_bad_arguments_change_nothing(integrated, assert_same, arguments, error, message):
    integrated.obs["one"] = "a"
    before = integrated.copy()
    with pytest.raises(error, match=message):
        spamca.tl.trajectory(integrated, **arguments)
    assert_same(before, integrated)
