"""Rows matched by name, and writing that is undone."""

from __future__ import annotations

import numpy as np
import pytest
from anndata import AnnData, ImplicitModificationWarning
from mudata import MuData
from scipy import sparse

import spamca
from spamca import _edge


@pytest.fixture
def partial():
    """Three spots in ``a``, three in ``b``, two in both and in another order."""
    a, b = AnnData(np.ones((3, 2), dtype=np.float32)), AnnData(np.ones((3, 2), dtype=np.float32))
    a.obs_names, b.obs_names = ["x", "y", "z"], ["z", "w", "y"]
    a.var_names, b.var_names = ["a0", "a1"], ["b0", "b1"]
    return MuData({"a": a, "b": b})


def test_rows_name_the_same_spots(partial):
    for name in ("a", "b"):
        row = _edge.rows(partial, name)
        assert list(partial[name].obs_names[row[row >= 0]]) == list(partial.obs_names[row >= 0])
        assert set(partial.obs_names[row < 0]) == set(partial.obs_names) - set(partial[name].obs_names)


def test_present(partial):
    present = _edge.present(partial)
    assert present.shape == (4, 2)
    assert present.sum(axis=0).tolist() == [3, 3]
    assert present.all(axis=1).sum() == 2


@pytest.mark.parametrize("values", [np.array([1, 2, 3]), np.array([[1.0, 2], [3, 4], [5, 6]])])
def test_spread_and_collect_are_inverse(partial, values):
    for name in ("a", "b"):
        row = _edge.rows(partial, name)
        over_all = _edge.spread(values, row, -1)
        assert over_all.dtype == values.dtype
        assert (over_all[row < 0] == -1).all()
        np.testing.assert_array_equal(_edge.collect(over_all, row, 3), values)
        assert list(partial.obs_names[_edge.spots(row, 3)]) == list(partial[name].obs_names)


def write_all(target):
    for holder in (target, *target.mod.values()):
        n = holder.n_obs
        holder.obs["new"] = np.arange(n)
        holder.obs["old"] = "changed"
        holder.obsm["new"], holder.obsm["old"] = np.ones((n, 2)), np.ones((n, 2))
        holder.obsp["new"] = sparse.identity(n, format="csr")
        holder.uns["new"] = 1
        holder.uns["old"] = 2
        holder.uns["nested"]["deep"] = {"changed": True}
        holder.uns["nested"]["more"] = 1
    target["a"].varm["new"] = np.ones((2, 2))
    target["a"].var["new"] = 1
    target["a"].layers["new"] = np.ones((3, 2))


@pytest.fixture
def filled(partial):
    for holder in (partial, *partial.mod.values()):
        holder.obs["old"] = "kept"
        holder.obsm["old"] = np.zeros((holder.n_obs, 2))
        holder.uns["old"] = 1
        holder.uns["nested"] = {"deep": {"kept": True}}
    return partial


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_everything_is_undone(filled, error):
    objects = [filled, *filled.mod.values()]

    def fail():
        with _edge.transaction(filled) as target:
            assert target is filled
            write_all(target)
            raise error

    with pytest.raises(error):
        fail()
    for holder in objects:
        assert "new" not in holder.obs
        assert set(holder.obs["old"]) == {"kept"}
        assert "new" not in holder.obsm
        assert (holder.obsm["old"] == 0).all()
        assert list(holder.obsp) == []
        assert dict(holder.uns) == {"old": 1, "nested": {"deep": {"kept": True}}}
    assert [*filled["a"].varm] == [*filled["a"].var] == []
    assert {*filled["a"].layers} <= {None}  # anndata 0.13 keeps X there
    assert [filled, *filled.mod.values()] == objects


def test_what_is_written_stays(filled):
    with _edge.transaction(filled) as target:
        write_all(target)
    for holder in (filled, *filled.mod.values()):
        assert holder.uns["old"] == 2
        assert "new" in holder.obsm


def test_copy(filled):
    with _edge.transaction(filled, copy=True) as target:
        write_all(target)
    assert target is not filled
    assert target["a"].uns["old"] == 2
    assert filled["a"].uns["old"] == filled.uns["old"] == 1
    assert "new" not in filled["b"].obsm
    assert filled["a"].uns["nested"] == {"deep": {"kept": True}}


def test_modalities_that_are_views_are_written_without_a_warning(tissue):
    mdata = MuData({"rna": tissue["rna"][:50]})
    with _edge.transaction(mdata) as target:
        target["rna"].uns["new"] = 1
    assert mdata["rna"].uns["new"] == 1


def test_failure_undoes_writes_to_a_view(tissue):
    mdata = MuData({"rna": tissue["rna"][:50]})

    def fail():
        with _edge.transaction(mdata) as target:
            target["rna"].uns["new"] = 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "new" not in mdata["rna"].uns
    assert mdata["rna"].n_obs == 50


def test_copies_hold_what_the_original_holds(integrated):
    with _edge.transaction(integrated, copy=True) as target:
        assert target is not integrated
        assert list(target.obs) == list(integrated.obs)


def test_pulled_columns_are_dropped(tissue):
    tissue.obs["rna:spamca"] = "old"
    _edge.drop_pulled(tissue, "spamca")
    assert "rna:spamca" not in tissue.obs


def test_unchanged_undoes_what_ends_well_and_what_does_not(integrated, assert_same):
    before, embedding = integrated.copy(), integrated.obsm["X_spamca"]

    def write(fails):
        with _edge.unchanged(integrated) as target:
            assert target is integrated
            target.obs["new"] = 1
            target.uns["spamca"]["new"] = 1
            del target.obsm["X_spamca"]
            target["rna"].layers["new"] = target["rna"].X
            if fails:
                raise KeyboardInterrupt

    write(fails=False)
    assert_same(integrated, before)
    with pytest.raises(KeyboardInterrupt):
        write(fails=True)
    assert_same(integrated, before)
    assert integrated.obsm["X_spamca"] is embedding
    with _edge.unchanged(integrated[:20]) as target:
        assert not target.is_view


def test_view_is_copied_with_a_warning(tissue):
    part = tissue[tissue.obs_names[:50]]
    with pytest.warns(ImplicitModificationWarning, match="mdata is a view of another MuData: it is copied"):
        spamca.pp.neighbors(part)
    assert not part.is_view
    assert part.obsp["spatial_connectivities"].shape == (50, 50)
    assert "X_pca" in part["rna"].obsm
    assert not tissue.obsp
    assert "X_pca" not in tissue["rna"].obsm


def test_copy_of_a_view_does_not_warn(tissue):
    part = tissue[tissue.obs_names[:50]]
    changed = spamca.pp.neighbors(part, copy=True)
    assert part.is_view
    assert not changed.is_view


def test_collect_copies_only_where_order_or_number_differ():
    values = np.arange(6.0).reshape(3, 2)
    assert _edge.collect(values, np.arange(3), 3) is values
    assert not np.shares_memory(_edge.collect(values, np.array([0, 2, 1]), 3), values)
    assert not np.shares_memory(_edge.collect(values, np.array([0, 1, -1]), 2), values)
