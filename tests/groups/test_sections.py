from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.groups import border_ratios, log_ratios, pseudobulk
from spamca.shapes.tables import Domains


def test_a_domain_that_doubles_moves_by_its_part():
    values = log_ratios(np.array([[2000, 1000, 1000, 1000], [1000, 1000, 1000, 1000]]))
    np.testing.assert_allclose(values.sum(axis=1), 0, atol=1e-9)
    difference = values[0] - values[1]
    np.testing.assert_allclose(difference, [0.75, -0.25, -0.25, -0.25], atol=1e-3)
    assert np.isfinite(log_ratios(np.array([[0, 10]]))).all()


@pytest.fixture
def spots():
    rng = np.random.default_rng(0)
    X = rng.poisson(3.0, (80, 5)).astype(float)
    return X, np.tile(np.repeat([0, 1], 20), 2), np.repeat([0, 1], 40)


def test_pseudobulk_of_counts_by_hand(spots):
    X, labels, section = spots
    values, sums = pseudobulk(X, labels, section, (2, 2), counts=True)
    np.testing.assert_array_equal(sums[1, 0], X[40:60].sum(axis=0))
    depth = sums.sum(axis=2)
    prior = 2 * depth[1, 0] / depth.mean()
    np.testing.assert_allclose(values[1, 0], np.log2(1e6 * (sums[1, 0] + prior) / (depth[1, 0] + 2 * prior)))
    same, _ = pseudobulk(sparse.csr_matrix(X), labels, section, (2, 2), counts=True)
    np.testing.assert_allclose(same, values)


def test_pseudobulk_of_blocks(spots):
    from dask.array import from_array

    from spamca.features import Blocks

    X, labels, section = spots
    blocks = Blocks(from_array(X, chunks=(30, -1)))
    np.testing.assert_allclose(
        pseudobulk(blocks, labels, section, (2, 2), counts=True)[0],
        pseudobulk(X, labels, section, (2, 2), counts=True)[0],
    )


def test_depth_does_not_matter_to_counts(spots):
    X, labels, section = spots
    deep = X * np.where(section == 1, 10, 1)[:, None]
    one, ten = (pseudobulk(x, labels, section, (2, 2), counts=True)[0] for x in (X, deep))
    assert abs(one - ten).max() < 0.05


def test_means_of_other_features_and_too_few_spots(spots):
    X, labels, section = spots
    labels = np.where(np.arange(80) < 12, -1, labels)
    values, _ = pseudobulk(X, labels, section, (2, 2), counts=False)
    np.testing.assert_allclose(values[0, 1], X[20:40].mean(axis=0))
    assert np.isnan(values[0, 0]).all()  # 8 spots


def test_borders_of_small_domains_do_not_count():
    path = sparse.diags([np.ones(39)], [1], shape=(40, 40))
    labels = np.repeat([0, 1, 2], [15, 20, 5])
    tissue = Domains(labels, ["a", "b", "c"], np.zeros(40, dtype=int), ["one"], sparse.csr_matrix(path + path.T))
    share, ratio = border_ratios(tissue)
    assert np.isfinite(ratio[0, 0, 1])
    assert np.isnan(ratio[0, :, 2]).all()
    assert share[0, 0, 1] == 1
