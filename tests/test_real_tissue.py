"""The three lines on real tissue, straight from the file, and what is left of it after writing and reading."""

from __future__ import annotations

import mudata
import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.metrics import adjusted_rand_score

import spamca

TISSUES = ("her2st_a1", "sim_spamosaic_rep1")


def dense(matrix):
    return matrix.toarray() if issparse(matrix) else np.asarray(matrix)


@pytest.mark.parametrize("name", TISSUES)
def test_three_lines(name, data_dir, assert_same, tmp_path):
    mdata = mudata.read_h5mu(data_dir / f"{name}.h5mu")

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata)
    spamca.pl.spatial_clusters(mdata)

    assert np.isfinite(mdata.obsm["X_spamca"]).all()
    assert mdata.obs["spamca"].notna().all()
    assert mdata.obs["spamca"].nunique() == len(mdata.uns["spamca_colors"]) > 1
    mdata.write(tmp_path / "tissue.h5mu")
    assert_same(mdata, mudata.read_h5mu(tmp_path / "tissue.h5mu"))


@pytest.mark.parametrize("name", TISSUES)
def test_what_was_there_stays(name, data_dir):
    before, mdata = (mudata.read_h5mu(data_dir / f"{name}.h5mu") for _ in range(2))
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, max_epochs=2, progress_bar=False)
    spamca.tl.cluster(mdata, 3)
    for one, other in [(before, mdata), *((before[name], mdata[name]) for name in before.mod)]:
        assert list(one.obs_names) == list(other.obs_names)
        assert list(one.var_names) == list(other.var_names)
        for slot in ("obs", "var", "obsm", "varm", "obsp", "varp"):
            for key in getattr(one, slot):
                np.testing.assert_array_equal(getattr(one, slot)[key], getattr(other, slot)[key], f"{slot}[{key!r}]")
        assert {key: other.uns[key] for key in one.uns} == dict(one.uns)
    for modality in before.mod:
        np.testing.assert_array_equal(dense(before[modality].X), dense(mdata[modality].X))
        assert set(before[modality].layers) == set(mdata[modality].layers)


def test_domains_are_the_true_ones(data_dir):
    mdata = mudata.read_h5mu(data_dir / "sim_spamosaic_rep1.h5mu")
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=5, progress_bar=False)
    spamca.tl.cluster(mdata)
    assert adjusted_rand_score(mdata.obs["label"], mdata.obs["spamca"]) >= 0.95


def test_sections_share_their_domains_where_each_lacks_a_modality(data_dir):
    """The second section has no protein, the third no RNA."""
    mdata = mudata.read_h5mu(data_dir / "sim_mosaic_rep1.h5mu")
    spamca.pp.neighbors(mdata, library_key="section")
    spamca.tl.integrate(mdata, 5, progress_bar=False)
    spamca.tl.cluster(mdata)
    table = spamca.metrics.score(mdata, label_key="label", library_key="section")
    assert table.loc["spamca", "ARI"] >= 0.95
    assert table.loc["spamca", [f"ARI of s{i}" for i in (1, 2, 3)]].min() >= 0.9
    assert table.loc["spamca", "section entropy"] >= 0.95
