from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.features import KINDS, unexplained


@pytest.fixture
def ring():
    """120 spots in a ring, spot 7 cut off."""
    link = np.arange(120)
    half = sparse.csr_matrix((np.ones(120), (link, (link + 1) % 120)), (120, 120))
    graph = (half + half.T).tolil()
    graph[7], graph[:, 7] = 0, 0
    return graph.tocsr()


@pytest.mark.parametrize("n_known", [60, 45])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("kind", KINDS)
def test_is_the_equation(counts, ring, kind, form, n_known):
    fitted = KINDS[kind].prepare(counts, n_components=8)
    position = np.where(np.arange(60) < n_known, np.arange(60), -1)
    treated, known = KINDS[kind].treat(form(counts), position, fitted)
    scores = known.scores(treated)
    dense = treated.toarray() if sparse.issparse(treated) else treated
    left = dense - known.columns["centre"] - scores @ known.loadings.T
    degree = np.asarray(ring.sum(axis=1)).ravel()
    expected = (left * (ring @ left)).sum(axis=1) / np.maximum(degree, 1) / len(known.loadings)
    np.testing.assert_allclose(unexplained(treated, known, scores, ring), expected, atol=1e-4)
    assert expected[7] == 0


def test_noise_shares_nothing_and_new_structure_does(ring):
    rng = np.random.default_rng(0)
    first = rng.normal(size=(500, 80))
    first += 0.5 * rng.normal(size=(500, 1))  # what correlates is not taken for components
    fitted = KINDS["generic"].prepare(first, n_components=5)

    def shared(values):
        treated, known = KINDS["generic"].treat(values, np.arange(80), fitted)
        return unexplained(treated, known, known.scores(treated), ring)

    noise = 3 * rng.normal(size=(120, 80))
    assert abs(shared(noise).mean()) < 0.3, "of a variance of 9"
    noise[40:80] += rng.choice([-2, 2], 80)
    assert (shared(noise)[41:79] > 2).mean() > 0.9
