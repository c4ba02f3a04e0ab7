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


@pytest.fixture(scope="module", params=TISSUES)
def path(request, data_dir):
    return data_dir / f"{request.param}.h5mu"


@pytest.fixture(scope="module")
def result(path):
    mdata = mudata.read_h5mu(path)

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata)
    spamca.pl.spatial_clusters(mdata)

    return mdata


def test_three_lines(result, assert_same, tmp_path):
    assert np.isfinite(result.obsm["X_spamca"]).all()
    assert result.obs["spamca"].notna().all()
    assert result.obs["spamca"].nunique() == len(result.uns["spamca_colors"]) > 1
    result.write(tmp_path / "tissue.h5mu")
    assert_same(result, mudata.read_h5mu(tmp_path / "tissue.h5mu"))


def test_what_was_there_stays(result, path):
    before = mudata.read_h5mu(path)
    for one, other in [(before, result), *((before[name], result[name]) for name in before.mod)]:
        assert list(one.obs_names) == list(other.obs_names)
        assert list(one.var_names) == list(other.var_names)
        for slot in ("obs", "var", "obsm", "varm", "obsp", "varp"):
            for key in getattr(one, slot):
                np.testing.assert_array_equal(getattr(one, slot)[key], getattr(other, slot)[key], f"{slot}[{key!r}]")
        assert {key: other.uns[key] for key in one.uns} == dict(one.uns)
    for modality in before.mod:
        np.testing.assert_array_equal(dense(before[modality].X), dense(result[modality].X))
        assert set(before[modality].layers) == set(result[modality].layers)


@pytest.mark.slow
def test_domains_are_the_true_ones(data_dir):
    mdata = mudata.read_h5mu(data_dir / "sim_spamosaic_rep1.h5mu")
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=5, progress_bar=False)
    spamca.tl.cluster(mdata)
    assert adjusted_rand_score(mdata.obs["label"], mdata.obs["spamca"]) >= 0.95


@pytest.mark.slow
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
