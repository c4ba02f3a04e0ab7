from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains import DEFAULTS, noise_whitened
from spamca.domains.components import Block, Components
from spamca.domains.graph import Graph


class Toy:
    """Patches of domains on a square lattice, of which every spot has up to eight neighbours."""

    def __init__(self, n_rows: int, n_columns: int, n_domains: int, seed: int = 0):
        self.n_domains = n_domains
        y, x = (axis.ravel() for axis in np.mgrid[:n_rows, :n_columns])
        centres = np.random.default_rng(seed).uniform(size=(n_domains, 2)) * [n_rows, n_columns]
        self.truth = ((y[:, None] - centres[:, 0]) ** 2 + (x[:, None] - centres[:, 1]) ** 2).argmin(axis=1)
        at = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
        pairs = (
            (at[:, :-1], at[:, 1:]),
            (at[:-1], at[1:]),
            (at[:-1, :-1], at[1:, 1:]),
            (at[1:, :-1], at[:-1, 1:]),
        )
        row, column = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in range(2))
        half = csr_matrix((np.ones(len(row)), (row, column)), (at.size, at.size))
        self.adjacency = csr_matrix(half + half.T)

    @property
    def n_spots(self) -> int:
        return len(self.truth)

    def features(self, n_features: int = 6, noise: float = 1.0, seed: int = 1) -> np.ndarray:
        """Means of the domains and noise, (n, n_features)."""
        rng = np.random.default_rng(seed)
        means = rng.normal(size=(self.n_domains, n_features))
        return means[self.truth] + noise * rng.normal(size=(self.n_spots, n_features))

    def texture(self, n_features: int = 6, n_hops: int = 4, seed: int = 7) -> np.ndarray:
        """Structure without domains, (n, n_features) of variance one: noise averaged over its surroundings."""
        values, step = np.random.default_rng(seed).normal(size=(self.n_spots, n_features)), Graph(self.adjacency).step
        for _ in range(n_hops):
            values = step @ values
        return (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.fixture(scope="session")
def make_toy():
    return Toy


@pytest.fixture(scope="session")
def toy():
    """196 spots, 3 domains."""
    return Toy(14, 14, 3)


@pytest.fixture(scope="session")
def together():
    """Components of some blocks on a graph."""

    def made(blocks, adjacency, settings=DEFAULTS):
        return Components(tuple(blocks), Graph(adjacency), settings)

    return made


@pytest.fixture(scope="session")
def moments():
    """Means of the domains of a block and covariance within them, in double precision."""

    def made(block, assignment):
        means, size = block.means(assignment), block.sizes(assignment)
        return means, block.total - (means.T * size) @ means / size.sum()

    return made


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def path():
    """Twelve spots in a row."""
    link = np.arange(11)
    half = csr_matrix((np.ones(11), (link, link + 1)), (12, 12))
    return csr_matrix(half + half.T)


@pytest.fixture
def pair(make_toy, rng):
    """Domains and sections of two toys, their graph, and features whose second half is shifted by one and a half domains."""
    toys = [make_toy(14, 14, 3, seed=seed) for seed in (0, 3)]
    domain = np.concatenate([toy.truth for toy in toys])
    section = np.repeat([0, 1], [toy.n_spots for toy in toys])
    means = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 0]])
    values = means[domain] + rng.normal(size=(len(domain), 3)) + np.outer(section, [6.0, 0, 0])
    return domain, section, csr_matrix(block_diag([toy.adjacency for toy in toys])), values


@pytest.fixture
def blocks(toy):
    """Two modalities, one of them trusted less and lacking in every third spot."""
    present = np.arange(toy.n_spots) % 3 > 0
    second = noise_whitened(toy.features(4, seed=2), toy.adjacency) * present[:, None]
    return [Block(noise_whitened(toy.features(), toy.adjacency)), Block(second, 0.5, present)]
