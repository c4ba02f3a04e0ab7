import numpy as np
import pytest
from scipy.sparse import csr_matrix, diags

from spamca.domains import DEFAULTS, Block
from spamca.domains.continuity import continuity


@pytest.fixture
def line():
    """A strip of 40 x 25 spots, and the graph of its four-neighbours."""
    y, x = np.divmod(np.arange(1000), 40)
    near = (np.abs(y[:, None] - y) + np.abs(x[:, None] - x)) == 1

    return x, csr_matrix(near.astype(float))


def test_gradient_has_no_gap(line, together):
    x, adjacency = line
    values = np.random.default_rng(0).normal(scale=0.1, size=(1000, 2)) + np.outer(x, [0.5, -0.3])
    assert continuity(together([Block(values)], adjacency), x // 10) > DEFAULTS.gradient


def test_separate_domains_have_one(line, together):
    x, adjacency = line
    values = np.random.default_rng(0).normal(size=(1000, 2)) + 4.0 * np.outer(x // 10 % 2, [1, 1])
    assert continuity(together([Block(values)], adjacency), x // 10 % 2) < 0.3


def test_domains_that_do_not_touch_have_none_to_speak_of(line, together):
    x, _ = line
    assert np.isnan(
        continuity(together([Block(np.ones((1000, 1)) * x[:, None])], diags(np.zeros(1000)).tocsr()), x // 20)
    )
