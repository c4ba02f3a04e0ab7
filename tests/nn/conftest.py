from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.graph import normalize
from spamca.nn import Tissue
from spamca.nn.sparse import Adjacency

N_SPOTS = 40


def random_graph(rng):
    links = rng.random((N_SPOTS, N_SPOTS)) < 0.1
    return csr_matrix((links | links.T).astype(np.float64))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def adjacency(rng):
    return Adjacency.from_scipy(normalize(random_graph(rng)))


@pytest.fixture
def toy_tissue(rng, adjacency):
    """Three modalities of different width, all complete, and a guide to four domains."""
    widths = (6, 4, 9)
    return Tissue(
        features=tuple(torch.from_numpy(rng.normal(size=(N_SPOTS, n)).astype(np.float32)) for n in widths),
        spatial=adjacency,
        feature_graphs=tuple(Adjacency.from_scipy(normalize(random_graph(rng))) for _ in widths),
        guide=torch.from_numpy(rng.dirichlet(np.full(4, 0.2), N_SPOTS).astype(np.float32)),
    )
