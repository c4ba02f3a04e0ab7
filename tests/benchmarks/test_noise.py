from __future__ import annotations

import numpy as np
import pytest
from benchmarks import noise


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_thinned_keeps_the_share_of_counts(rng):
    counts = rng.poisson(20, size=(200, 50))
    found = noise.thinned(counts, 0.2, rng)
    assert (found <= counts).all()
    assert found.sum() == pytest.approx(0.2 * counts.sum(), rel=0.02)


def test_thin_leaves_no_spot_empty(tissue, rng):
    found = noise.thin(tissue, 0.001, rng)
    assert (np.asarray(found["rna"].X.sum(axis=1)) >= 1).all()
    assert tissue["rna"].X.sum() > found["rna"].X.sum()


def test_gaussian_has_the_size_that_was_asked_for(rng):
    values = rng.normal(scale=[5, 1], size=(20_000, 2))
    added = noise.add_gaussian(values, 0.5, rng) - values
    assert added.std(axis=0) == pytest.approx([2.5, 0.5], rel=0.03)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_no_spot_loses_both_modalities(share, rng):
    one, other = noise.dropped_spots(101, 2, share, rng)
    assert len(one) + len(other) == round(101 * share)
    assert abs(len(one) - len(other)) <= 1
    assert not set(one) & set(other)


def test_disturbed_tissue(tissue, rng):
    mdata = tissue
    for modality in mdata.mod.values():
        modality.obsm["X"] = np.arange(2.0 * modality.n_obs).reshape(-1, 2)
    keys = dict.fromkeys(mdata.mod, "X")
    dropped = noise.disturb(mdata, "dropped=0.3", rng, keys)
    assert dropped.n_obs == mdata.n_obs
    assert sum(modality.n_obs for modality in dropped.mod.values()) == 2 * mdata.n_obs - round(0.3 * mdata.n_obs)
    shuffled = noise.disturb(mdata, "shuffled=rna", rng, keys)
    before, after = mdata["rna"].obsm["X"], shuffled["rna"].obsm["X"]
    assert not np.array_equal(before, after)
    assert np.array_equal(np.sort(before, axis=0), np.sort(after, axis=0))
    assert np.array_equal(shuffled["protein"].obsm["X"], mdata["protein"].obsm["X"])
    assert list(noise.disturb(mdata, "only=protein", rng, keys).mod) == ["protein"]
    with pytest.raises(ValueError, match="noise 'loud=1' is none of"):
        noise.disturb(mdata, "loud=1", rng, keys)


def test_names_of_noises():
    found = noise.noises_of(["rna", "protein"])
    assert {"thinned=0.5", "dropped=0.1", "shuffled=rna", "only=protein"} <= set(found)
    assert len(found) == 13
