from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.graph import normalize
from spamca.nn import Inputs, losses
from spamca.nn.batch import draw, draw_masks
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
    """Three modalities of different width, all complete."""
    widths = (6, 4, 9)
    return Inputs(
        features=tuple(torch.from_numpy(rng.normal(size=(N_SPOTS, n)).astype(np.float32)) for n in widths),
        spatial=adjacency,
        feature_graphs=tuple(Adjacency.from_scipy(normalize(random_graph(rng))) for _ in widths),
    )


@pytest.fixture
def step():
    """One step of a network on a tissue: the batch, what the network gives, and its losses."""

    def run(network, tissue, spots=None):
        settings = network.settings
        masks = draw_masks(tissue, settings, torch.Generator().manual_seed(0))
        batch = draw(tissue, settings, masks, torch.Generator().manual_seed(1), spots)
        output = network(batch)
        return batch, output, losses(batch, output, settings)

    return run
