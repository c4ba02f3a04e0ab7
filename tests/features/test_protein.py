"""Proteins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.features._linear import scaled_pca
from spamca.features.protein import prepare_protein


def test_centred_log_ratio_within_spots(counts):
    centre = np.exp(np.log1p(counts).mean(axis=1, keepdims=True))
    expected = scaled_pca(np.log1p(counts / centre), n_components=8)
    features = prepare_protein(counts, n_components=8)
    np.testing.assert_allclose(features.values, expected.values, atol=1e-3)
    assert features.steps[0] == "centred log ratio"
    np.testing.assert_array_equal(features.used(), counts.std(axis=0) > 0)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, lambda x: x.astype(np.uint16)])
def test_every_form_gives_the_same(counts, form):
    X = form(counts)
    before = X.copy()
    np.testing.assert_array_equal(prepare_protein(X).values, prepare_protein(counts).values)
    assert (before != X).sum() == 0


def test_input_is_left(counts):
    before = counts.copy()
    prepare_protein(counts)
    np.testing.assert_array_equal(counts, before)
