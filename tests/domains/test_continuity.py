import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains.components import Block, Components
from spamca.domains.continuity import continuity
from spamca.domains.graph import Graph

Y, X = np.divmod(np.arange(1000), 40)  # a strip of 40 x 25 spots
STRIP = Graph(csr_matrix((np.abs(Y[:, None] - Y) + np.abs(X[:, None] - X) == 1).astype(float)))


def read(values, partition, graph=STRIP):
    return continuity(Components((Block(values),), graph), partition)


def test_gradient_has_no_gap_and_separate_domains_have_one(rng):
    noise, stripe = rng.normal(size=(1000, 2)), X // 10 % 2
    assert read(0.1 * noise + np.outer(X, [0.5, -0.3]), X // 10) > 0.8
    separate = noise + 4.0 * np.outer(stripe, [1, 1])
    assert read(separate, stripe) < 0.3
    assert read(separate, 1 - stripe) == pytest.approx(read(separate, stripe), abs=0.02)
    assert np.isnan(read(separate, X // 20, Graph(csr_matrix((1000, 1000)))))


def test_continuity_is_the_equation(rng):
    """One component: the line between the means is that of its values, averaged over two hops."""
    given, partition = np.tanh((X[:, None] - 20) / 4) + 0.1 * rng.normal(size=(1000, 1)), (X >= 20).astype(int)
    values = next(STRIP.averaged(given, (2,)))[:, 0]
    low, high = (values[partition == k].mean() for k in range(2))
    place = (values - low) / (high - low)
    at_means, between = (np.abs(place - [[0], [1]]) < 0.25).sum(), (np.abs(place - 0.5) < 0.25).sum()
    assert between > 50
    assert read(given, partition) == pytest.approx(2 * between / at_means)
