from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.graph import normalize, spatial_graph
from spamca.nn import Inputs
from spamca.nn.sparse import Adjacency


@pytest.fixture(scope="session")
def position():
    across, down = np.meshgrid(np.arange(15.0), np.arange(8.0))
    return np.column_stack([across.ravel(), down.ravel()])


@pytest.fixture(scope="session")
def toy_tissue(position):
    """Two modalities on a lattice of 120 spots."""
    rng, n = np.random.default_rng(0), len(position)

    def graph():
        links = rng.random((n, n)) < 0.05
        return Adjacency.from_scipy(normalize(csr_matrix((links | links.T).astype(np.float64))))

    return Inputs(
        tuple(torch.from_numpy(rng.normal(size=(n, width)).astype(np.float32)) for width in (6, 4)),
        Adjacency.from_scipy(normalize(spatial_graph(position, n_neighbors=4).connectivities)),
        (graph(), graph()),
    )
