import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix

from spamca.domains.components import Block, Components, components_of
from spamca.domains.graph import Graph
from spamca.domains.settings import DEFAULTS


class Toy:
    """Patches of domains on a square lattice, of which every spot has up to eight neighbours."""

    def __init__(self, n_rows: int, n_columns: int, n_domains: int, seed: int = 0):
        self.n_spots, self.n_domains = n_rows * n_columns, n_domains
        at = np.column_stack(np.divmod(np.arange(self.n_spots), n_columns))
        centres = np.random.default_rng(seed).uniform(size=(n_domains, 2)) * [n_rows, n_columns]
        self.truth = np.square(at[:, None] - centres).sum(axis=2).argmin(axis=1)
        number = np.arange(self.n_spots).reshape(n_rows, n_columns)
        pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
        pairs += [(number[:-1, :-1], number[1:, 1:]), (number[1:, :-1], number[:-1, 1:])]
        one, other = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in range(2))
        self.adjacency = linked(one, other, self.n_spots)
        self.graph = Graph(self.adjacency)

    @property
    def member(self) -> np.ndarray:
        """The true domains as an assignment."""
        return np.eye(self.n_domains, dtype=np.float32)[self.truth]

    def features(self, n_features: int = 6, noise: float = 1.0, seed: int = 1) -> np.ndarray:
        """Means of the domains and noise, (n, n_features)."""
        rng = np.random.default_rng(seed)
        means = rng.normal(size=(self.n_domains, n_features))
        return means[self.truth] + noise * rng.normal(size=(self.n_spots, n_features))

    def texture(self, n_features: int = 6, n_hops: int = 4, seed: int = 7) -> np.ndarray:
        """Structure without domains, (n, n_features) of variance one: noise averaged over its surroundings."""
        noise = np.random.default_rng(seed).normal(size=(self.n_spots, n_features))
        (values,) = self.graph.averaged(noise, (n_hops,))
        return (values - values.mean(axis=0)) / values.std(axis=0)

    def whitened(self, *features: np.ndarray) -> Components:
        """Noise-whitened components of these modalities."""
        return components_of(features, self.adjacency)

    def having(self, *blocks: Block | np.ndarray, settings=DEFAULTS) -> Components:
        """Components as they are given, an array for a modality that all spots have."""
        made = (own if isinstance(own, Block) else Block(own, modality=m) for m, own in enumerate(blocks))
        return Components(tuple(made), self.graph, settings)


def linked(one, other, n):
    half = csr_matrix((np.ones(len(one)), (one, other)), (n, n))
    return csr_matrix(half + half.T)


@pytest.fixture(scope="session")
def make_toy():
    return Toy


@pytest.fixture(scope="session")
def toy():
    """196 spots, 3 domains."""
    return Toy(14, 14, 3)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def path():
    """Twelve spots in a row."""
    return linked(np.arange(11), np.arange(1, 12), 12)


@pytest.fixture
def components(toy):
    """Two modalities, one of them of lower weight and missing in every third spot."""
    present = np.arange(toy.n_spots) % 3 > 0
    first, second = toy.whitened(toy.features(6, 0.6), toy.features(4, 0.6, seed=2)).blocks
    return toy.having(first, Block(second.values * present[:, None], 0.5, present, 1))


@pytest.fixture
def clear(toy):
    """Two modalities in which domains show clearly."""
    return toy.whitened(toy.features(6, 0.6, seed=1), toy.features(6, 0.6, seed=2))


@pytest.fixture
def pair(rng):
    """Domains and sections of two toys, and components whose second half is shifted by one and a half domains."""
    toys = [Toy(14, 14, 3, seed=seed) for seed in (0, 3)]
    domain, section = np.concatenate([toy.truth for toy in toys]), np.repeat([0, 1], 196)
    means = np.array([[0.0, 0, 0], [4, 0, 0], [0, 4, 0]])
    values = means[domain] + rng.normal(size=(len(domain), 3)) + np.outer(section, [6.0, 0, 0])
    graph = Graph(csr_matrix(block_diag([toy.adjacency for toy in toys])))
    return domain, section, Components((Block(values - values.mean(axis=0)),), graph)


@pytest.fixture(scope="session")
def moments():
    """Means of the domains and covariance within them, in double precision and from the rows that are there."""

    def by_hand(block: Block, assignment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        has = np.ones(len(assignment), dtype=bool) if block.present is None else block.present
        x, q = block.values[has], assignment[has].astype(float)
        means = q.T @ x / q.sum(axis=0)[:, None]
        within = sum(((x - mean).T * own) @ (x - mean) for mean, own in zip(means, q.T, strict=True))
        return means, within / len(x) + 1e-6 * np.eye(x.shape[1])

    return by_hand
