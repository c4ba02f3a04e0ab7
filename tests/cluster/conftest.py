from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix


@pytest.fixture
def blobs():
    """300 points in 4 dimensions: three clusters of one elongated shape, well apart; and their true labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [150, 100, 50])
    shape = np.array([[3, 1, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.5, 0.2], [0, 0, 0, 0.2]])
    means = np.array([[0, 0, 0, 0], [0, 8, 0, 0], [0, 0, 5, 2]])
    return rng.normal(size=(300, 4)) @ shape + means[labels], labels


def chain(n):
    """Spots in a row, each a neighbour of the next."""
    row = np.arange(n - 1)
    half = csr_matrix((np.ones(n - 1, dtype=np.float32), (row, row + 1)), shape=(n, n))
    return (half + half.T).tocsr()


@pytest.fixture
def line():
    """300 spots in a row, in the order of ``blobs``."""
    return chain(300)
