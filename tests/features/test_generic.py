"""Any other matrix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.features._linear import scaled_pca
from spamca.features.generic import prepare_generic


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix, sparse.csc_array, lambda x: x.astype(np.float64)])
def test_scaled_components(counts, form):
    X = counts - 2
    features = prepare_generic(form(X), n_components=7)
    np.testing.assert_allclose(features.values, scaled_pca(X, n_components=7).values, atol=1e-3)
    assert features.steps == ("scale", "7 principal components")
