import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.compared import Compared


def test_agreement_from_counts_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    others = [rng.integers(k, size=60) for k in (2, 3, 5)]
    own = rng.integers(4, size=60)
    compared = Compared(others)
    counts = compared.counts(np.arange(4)[:, None] == own)
    expected = [adjusted_rand_score(own, other) for other in others]
    np.testing.assert_allclose(compared.agreement(counts, np.bincount(own)), expected, atol=1e-12)


def test_empty_domains_change_nothing_and_one_domain_agrees_with_itself():
    one = np.zeros(5, dtype=int)
    compared = Compared([one])
    counts = compared.counts(np.arange(3)[:, None] == one)
    assert compared.agreement(counts, np.array([5.0, 0, 0])) == pytest.approx(1)


def test_counts_of_some_spots():
    compared = Compared([np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])])
    chosen = np.array([[True, False, True]])
    assert compared.counts(chosen, np.array([0, 1, 3])).tolist() == [[1, 1, 1, 1]]
