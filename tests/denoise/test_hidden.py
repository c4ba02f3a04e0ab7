"""What the network makes of spots that it does not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.denoise.hidden import around, held_out, hide
from spamca.graph import normalize
from spamca.nn import PRESETS, Inputs, Settings, SpaMCA, start
from spamca.nn.filters import filters
from spamca.nn.sparse import Adjacency

N = 60


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def links(rng):
    found = []
    for _ in range(3):
        dense = rng.random((N, N)) < 0.08
        dense = dense | dense.T
        np.fill_diagonal(dense, 0)
        found.append(csr_matrix(dense.astype(np.float32)))
    return found


@pytest.fixture
def tissue(rng, links):
    return Inputs(
        tuple(torch.from_numpy(rng.normal(size=(N, d)).astype(np.float32)) for d in (5, 4)),
        Adjacency.from_scipy(normalize(links[2])),
        tuple(Adjacency.from_scipy(normalize(graph)) for graph in links[:2]),
    )


@pytest.fixture
def network(tissue):
    torch.manual_seed(0)
    settings = Settings(start="random", n_latent=8, views=("spatial", "feature"), fusion="attention")
    network = SpaMCA(tissue.n_features, 3, settings).eval()
    for token in network.tokens:
        torch.nn.init.normal_(token)
    return network


def changed(tissue, modality, spots):
    features = [x.clone() for x in tissue.features]
    features[modality][spots] += 100
    return replace(tissue, features=tuple(features))


@pytest.mark.parametrize("modality", [0, 1])
def test_own_measurement_is_not_seen(tissue, network, links, modality):
    before = held_out(network, tissue, modality, links[modality])
    for spot in (0, 17):
        after = held_out(network, changed(tissue, modality, [spot]), modality, links[modality])
        np.testing.assert_array_equal(after[spot], before[spot])
        assert not np.array_equal(after, before)
    other = held_out(network, changed(tissue, 1 - modality, [17]), modality, links[modality])
    assert not np.allclose(other[17], before[17])


def test_hidden_as_if_missing(tissue, network, links):
    """A hidden spot gives what it would give if it had never been measured."""
    spots = np.zeros(N, dtype=bool)
    spots[[3, 9]] = True
    kept = csr_matrix(links[0].multiply((~spots)[:, None] & ~spots))
    present = torch.ones(N, 2, dtype=torch.bool)
    present[[3, 9], 0] = False
    features = [x.clone() for x in tissue.features]
    features[0][[3, 9]] = 0
    missing = replace(
        tissue,
        features=tuple(features),
        feature_graphs=(Adjacency.from_scipy(normalize(kept)), tissue.feature_graphs[1]),
        present=present,
    )
    nothing = hide(missing, 0, np.zeros(N, dtype=bool), kept)
    hidden = hide(tissue, 0, spots, links[0])
    np.testing.assert_array_equal(around(network, *hidden, 0), around(network, *nothing, 0))


def test_spots_that_lack_it(tissue, network, links):
    lacks = np.arange(N) < 20
    kept = csr_matrix(links[0].multiply((~lacks)[:, None] & ~lacks))
    part = replace(
        tissue,
        feature_graphs=(Adjacency.from_scipy(normalize(kept)), tissue.feature_graphs[1]),
        present=torch.from_numpy(np.column_stack([~lacks, np.ones(N, dtype=bool)])),
    )
    found = held_out(network, part, 0, kept)
    expected = around(network, *hide(part, 0, np.zeros(N, dtype=bool), kept), 0)
    np.testing.assert_array_equal(found[lacks], expected[lacks])
    assert np.isfinite(found).all()


def test_blocks_do_not_matter(tissue, network, links):
    blocks = torch.randperm(N, generator=torch.Generator().manual_seed(0)).split(17)
    found = held_out(network, tissue, 0, links[0], blocks=blocks)
    np.testing.assert_allclose(found, held_out(network, tissue, 0, links[0]), rtol=1e-4, atol=1e-5)


def test_single_modality(tissue):
    alone = Inputs(tissue.features[:1], tissue.spatial)
    network = SpaMCA(alone.n_features, 5, Settings()).eval()
    start(network, alone)
    found = held_out(network, alone, 0)
    assert found.shape == (N, 15)  # three scales beyond the spot itself
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(held_out(network, changed(alone, 0, [5]), 0)[5], found[5])


def test_surroundings_are_means_over_what_is_seen(tissue):
    plain = replace(tissue, feature_graphs=())
    network = SpaMCA(plain.n_features, 5, Settings(spatial_scales=(0, 1))).eval()
    spots = np.arange(N) % 7 == 0
    found = around(network, *hide(plain, 1, spots), 1)[:, -4:]
    seen = torch.from_numpy(~spots[:, None]).float()
    weight = 1 - tissue.spatial.product(1 - seen)
    expected = tissue.spatial.product(tissue.features[1] * seen) / weight
    np.testing.assert_allclose(found[weight[:, 0] > 0.1], expected[weight[:, 0] > 0.1], rtol=1e-4, atol=1e-5)


def test_latents_tell_of_the_other_modality(tissue):
    """Started from the structure, what is decoded is the filtered features themselves."""
    plain = replace(tissue, feature_graphs=())
    network = SpaMCA(plain.n_features, 5, Settings()).eval()
    start(network, plain)
    nothing = np.zeros(N, dtype=bool)
    gains = filters(plain.spatial, plain.features[0], None, (0, 1, 2, 8))
    now, expected = plain.features[0], torch.zeros(N, 5)
    for scale in range(9):
        now = plain.spatial.product(now) if scale else now
        if scale in (0, 1, 2, 8):
            expected += now * gains[(0, 1, 2, 8).index(scale)]
    np.testing.assert_allclose(around(network, *hide(plain, 1, nothing), 1)[:, :5], expected, rtol=1e-3, atol=1e-5)


def test_published_network(tissue, links):
    """Its fusion knows no missing modality: hidden features are zeros."""
    network = SpaMCA(tissue.n_features, 3, PRESETS["paper"].changed(n_latent=8)).eval()
    found = held_out(network, tissue, 0, links[0])
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(held_out(network, changed(tissue, 0, [5]), 0, links[0])[5], found[5])


def test_seed(tissue, network, links):
    one, same, other = (held_out(network, tissue, 0, links[0], random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
