from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from spamca.graph import normalize, spatial_graph
from spamca.nn import Settings, SpaMCA, Tissue, start
from spamca.nn.batch import look
from spamca.nn.filters import filters
from spamca.nn.sparse import Adjacency


def started(tissue, trust=None, **changes):
    network = SpaMCA(tissue.n_features, None, Settings(**changes)).eval()
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

    alone, beside = (embedded(Tissue(given, spatial), n_latent=3) for given in (features[:1], features))
    assert unexplained(beside) < 1.1 * unexplained(alone)
    assert unexplained(alone) < 0.1
