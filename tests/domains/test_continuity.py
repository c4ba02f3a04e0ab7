from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains.components import Block, Components
from spamca.domains.continuity import continuity
from spamca.domains.graph import Graph
from spamca.domains.settings import DEFAULTS


@pytest.fixture
def line():
    """Columns of a strip of 40 x 25 spots, and the graph of its four-neighbours."""
    y, x = np.divmod(np.arange(1000), 40)
    near = (np.abs(y[:, None] - y) + np.abs(x[:, None] - x)) == 1
    return x, Graph(csr_matrix(near.astype(float)))


def test_gradient_has_no_gap(line, rng):
    x, graph = line
    values = rng.normal(scale=0.1, size=(1000, 2)) + np.outer(x, [0.5, -0.3])
    assert continuity(Components((Block(values),), graph), x // 10) > DEFAULTS.gradient


def test_separate_domains_have_one_whatever_their_numbers(line, rng):
    x, graph = line
    stripe = x // 10 % 2
    given = Components((Block(rng.normal(size=(1000, 2)) + 4.0 * np.outer(stripe, [1, 1])),), graph)
    found = continuity(given, stripe)
    assert found < 0.3
    assert continuity(given, 1 - stripe) == pytest.approx(found, abs=0.02)


def test_continuity_is_the_equation(line, rng):
    """One component: the line between the means is that of its values, averaged over two hops."""
    x, graph = line
    partition = (x >= 20).astype(int)
    given = Components((Block(np.tanh((x[:, None] - 20) / 4) + 0.1 * rng.normal(size=(1000, 1))),), graph)
    values = given.smoothed(given.blocks[0], (2,))[0][:, 0]
    low, high = (values[partition == k].mean() for k in range(2))
    place = (values - low) / (high - low)
    at_means = (np.abs(place) < 0.25).sum() + (np.abs(place - 1) < 0.25).sum()
    between = (np.abs(place - 0.5) < 0.25).sum()
    assert between > 50
    assert continuity(given, partition) == pytest.approx(2 * between / at_means)


def test_domains_that_do_not_touch_have_none(line):
    x, _ = line
    lonely = Components((Block(1.0 * x[:, None]),), Graph(csr_matrix((1000, 1000))))
    assert np.isnan(continuity(lonely, x // 20))
