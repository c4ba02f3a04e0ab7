from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.graph import normalize, spatial_graph
from spamca.nn import Inputs, Settings, SpaMCA, start
from spamca.nn.batch import look
from spamca.nn.filters import _moments, _variances, filters
from spamca.nn.sparse import Adjacency

SCALES = (0, 1, 2, 8)
SIDE = 40


def variances(spatial, x, has):
    return _variances(_moments(spatial, x, has, len(x)))


@pytest.fixture(scope="module")
def lattice():
    """Hexagonal lattice of 1,600 spots: coordinates and graph."""
    down, across = np.divmod(np.arange(SIDE**2), SIDE)
    coords = np.column_stack([across + 0.5 * (down % 2), down * np.sqrt(0.75)])
    return coords, Adjacency.from_scipy(normalize(spatial_graph(coords, n_neighbors=6).connectivities))


def everywhere(spatial):
    return torch.ones(spatial.n_spots, dtype=torch.bool)


def wave(coords, length):
    return torch.from_numpy(np.sin(2 * np.pi * coords[:, :1] / length).astype(np.float32))


def noise(seed=0, width=1):
    return torch.randn(SIDE**2, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_variance_of_a_smooth_signal_is_found(lattice, share):
    coords, spatial = lattice
    x = np.sqrt(2 * share) * wave(coords, 20) + np.sqrt(1 - share) * noise()
    total, signal = variances(spatial, x - x.mean(), everywhere(spatial))
    assert float(signal / total) == pytest.approx(share, abs=0.08)


def test_noise_has_no_signal(lattice):
    x = noise(width=20)
    total, signal = variances(lattice[1], x - x.mean(dim=0), everywhere(lattice[1]))
    assert float((signal / total).mean()) < 0.1


def test_signal_is_at_most_all(lattice):
    x = wave(lattice[0], 5)
    total, signal = variances(lattice[1], x - x.mean(), everywhere(lattice[1]))
    assert 0 <= float(signal) <= float(total)


def test_where_nothing_tells_all_is_signal():
    apart = Adjacency.from_scipy(normalize(csr_matrix((30, 30))))
    x = torch.randn(30, 3)
    total, signal = variances(apart, x, torch.ones(30, dtype=torch.bool))
    torch.testing.assert_close(signal, total)
    assert torch.isfinite(filters(apart, x, None, SCALES)).all()


def test_filter_comes_near_the_signal(lattice):
    """Nearer than the feature itself and than its means over any one scale."""
    coords, spatial = lattice
    signal = wave(coords, 12)
    x = signal + 0.7 * noise(3)
    seen, now = [], x
    for scale in range(9):
        now = spatial.product(now) if scale else now
        if scale in SCALES:
            seen.append(now)
    gains = filters(spatial, x, None, SCALES)
    found = sum(values * gain for values, gain in zip(seen, gains, strict=True))
    errors = [float((values - signal).square().mean()) for values in (*seen, found)]
    assert errors[-1] < min(errors[:-1])


def test_far_scales_are_for_smooth_signals(lattice):
    coords, spatial = lattice
    smooth, fine = (filters(spatial, wave(coords, length) + noise(5), None, SCALES) for length in (80, 4))
    assert smooth[3] > fine[3]
    assert fine[0] > smooth[0]


def test_noise_gets_next_to_nothing(lattice):
    x = noise(1, 10)
    gains = filters(lattice[1], x, None, (0,))
    assert float(gains.abs().max()) < 0.2


def test_order_and_offset_and_absent_rows_do_not_matter(lattice):
    coords, spatial = lattice
    x = torch.cat([wave(coords, 15) + noise(7), noise(8)], dim=1)
    has = torch.rand(len(x), generator=torch.Generator().manual_seed(0)) < 0.8
    expected = filters(spatial, x, has, SCALES)
    torch.testing.assert_close(filters(spatial, x + 3, has, SCALES), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(filters(spatial, x.masked_fill(~has[:, None], 99), has, SCALES), expected)
    order = np.random.default_rng(0).permutation(len(x))
    turned = Adjacency.from_scipy(normalize(spatial_graph(coords[order], n_neighbors=6).connectivities))
    torch.testing.assert_close(filters(turned, x[order], has[order], SCALES), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(filters(spatial, x.flip(1), has, SCALES).flip(1), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_tiles_have_the_same_filters(lattice, share):
    coords, spatial = lattice
    x = torch.cat([wave(coords, 15) + noise(7), noise(8)], dim=1)
    has = None if share == 1 else torch.rand(len(x), generator=torch.Generator().manual_seed(0)) < share
    parts = torch.arange(len(x)).view(SIDE, SIDE).split([15, 25])
    expected = filters(spatial, x, has, SCALES)
    torch.testing.assert_close(filters(spatial, x, has, SCALES, [part.flatten() for part in parts]), expected)


def test_constant_feature_is_left_out_and_changes_nothing(lattice):
    x = wave(lattice[0], 15) + noise(7)
    both = filters(lattice[1], torch.cat([x, torch.full_like(x, 2.0)], dim=1), None, SCALES)
    torch.testing.assert_close(both[:, :1], filters(lattice[1], x, None, SCALES))
    assert not both[:, 1].any()


def started(tissue, trust=None, **changes):
    network = SpaMCA(tissue.n_features, 5, Settings(**changes)).eval()
    if trust is not None:
        network.fusion.trust.copy_(torch.tensor(trust))
    start(network, tissue)
    return network


def embedded(tissue, **given):
    network = started(tissue, **given)
    return network.encode(look(tissue, network.settings)).fused.detach()


def distances(x):
    return torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")


def filtered(tissue, m):
    scales, x = Settings().spatial_scales, tissue.features[m]
    gains = filters(tissue.spatial, x, tissue.has(m), scales)
    out = torch.zeros_like(x)
    for scale in range(max(scales) + 1):
        x = tissue.spatial.product(x) if scale else x
        if scale in scales:
            out += x * gains[scales.index(scale)]
    return out


def test_tiles_start_the_same_network(toy_tissue):
    network, parts = started(toy_tissue), torch.arange(toy_tissue.n_spots).split(50)
    tiled = SpaMCA(toy_tissue.n_features, 5, Settings())
    start(tiled, toy_tissue, parts)
    for name, weights in network.state_dict().items():
        torch.testing.assert_close(tiled.state_dict()[name], weights, rtol=1e-3, atol=1e-4)


def test_latent_holds_the_filtered_features(toy_tissue):
    """As a turn of them: distances between spots are the same."""
    found = embedded(toy_tissue)
    expected = torch.cat([filtered(toy_tissue, m) for m in range(3)], dim=1)
    torch.testing.assert_close(distances(found), distances(expected), rtol=1e-4, atol=1e-4)


def test_fewer_latents_are_the_first_principal_components(toy_tissue):
    whole, few = embedded(toy_tissue), embedded(toy_tissue, n_latent=5)
    torch.testing.assert_close(few, whole[:, :5], rtol=1e-4, atol=1e-5)
    spread = whole.var(dim=0)
    assert (spread.diff() <= 1e-6).all()
    centred = whole - whole.mean(dim=0)
    across = centred.T @ centred
    torch.testing.assert_close(across, across.diagonal().diag(), rtol=1e-3, atol=1e-3)


def test_decoder_gives_the_filtered_features_back(toy_tissue):
    network = started(toy_tissue, trust=[1.0, 0.5, 0.1])
    fused = network.encode(look(toy_tissue, network.settings)).fused
    for m, weight in enumerate(network.decoder.weights):
        torch.testing.assert_close(fused @ weight, filtered(toy_tissue, m), rtol=1e-3, atol=1e-4)


def test_nothing_is_drawn(toy_tissue):
    torch.manual_seed(0)
    first = embedded(toy_tissue)
    torch.manual_seed(1)
    assert torch.equal(embedded(toy_tissue), first)


def test_order_of_modalities_does_not_matter(toy_tissue):
    turned = replace(toy_tissue, features=toy_tissue.features[::-1], feature_graphs=toy_tissue.feature_graphs[::-1])
    torch.testing.assert_close(embedded(turned), embedded(toy_tissue), rtol=1e-3, atol=1e-4)


def test_what_is_not_trusted_does_not_count(toy_tissue):
    other = replace(toy_tissue, features=(toy_tissue.features[0], 100 * toy_tissue.features[1], toy_tissue.features[2]))
    first, second = (embedded(tissue, trust=[1.0, 0.0, 1.0]) for tissue in (toy_tissue, other))
    torch.testing.assert_close(first, second)
    network = started(toy_tissue, trust=[1.0, 0.0, 1.0])
    assert not network.decoder.weights[1].any()


@pytest.mark.parametrize("trust", [1.0, 0.1])
@pytest.mark.slow
def test_less_trust_is_less_say(toy_tissue, trust):
    found = embedded(toy_tissue, trust=[1.0, trust, 1.0])
    parts = [filtered(toy_tissue, m) * (trust if m == 1 else 1) for m in range(3)]
    torch.testing.assert_close(distances(found), distances(torch.cat(parts, dim=1)), rtol=1e-4, atol=1e-4)


def test_rows_of_spots_that_lack_a_modality_are_not_read(toy_tissue):
    present = torch.ones(40, 3, dtype=torch.bool)
    present[:10, 1] = False
    features = [x.clone() for x in toy_tissue.features]
    features[1][:10] = 50
    first, second = (
        embedded(replace(toy_tissue, features=tuple(given), present=present))
        for given in (toy_tissue.features, features)
    )
    torch.testing.assert_close(first, second)


def test_noise_does_not_spoil_the_embedding():
    """Three waves with noise and, as loud, twenty features of noise alone: even in full trust the noise is filtered out."""
    rng, side = np.random.default_rng(0), 40
    down, across = np.divmod(np.arange(side**2), side)
    coords = np.column_stack([across, down]).astype(float)
    waves = np.column_stack([np.sin(across / 6), np.cos(down / 5), np.sin((across + down) / 8)])
    features = [waves + 0.7 * rng.standard_normal(waves.shape), rng.standard_normal((side**2, 20))]
    features = tuple(torch.from_numpy(x.astype(np.float32)) for x in features)
    spatial = Adjacency.from_scipy(normalize(spatial_graph(coords, n_neighbors=4).connectivities))

    def unexplained(latent):
        design = np.column_stack([latent.numpy(), np.ones(side**2)])
        return np.square(waves - design @ np.linalg.lstsq(design, waves, rcond=None)[0]).mean()

    alone, both = (embedded(Inputs(given, spatial), n_latent=3) for given in (features[:1], features))
    assert unexplained(both) < 1.1 * unexplained(alone)
    assert unexplained(alone) < 0.1


def test_features_a_few_at_a_time_have_the_same_filters(lattice, monkeypatch):
    _, spatial = lattice
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(spatial.n_spots, 7)).astype(np.float32))
    expected = filters(spatial, x, None, SCALES)
    monkeypatch.setattr("spamca.nn.filters.AT_ONCE", 3 * spatial.n_spots)
    monkeypatch.setattr("spamca.nn.filters._ROWS", 100)
    torch.testing.assert_close(filters(spatial, x, None, SCALES), expected)
