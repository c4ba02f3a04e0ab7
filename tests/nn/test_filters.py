from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from spamca.graph import normalize, spatial_graph
from spamca.nn.filters import filters, variances
from spamca.nn.sparse import Adjacency

SCALES = (0, 1, 2, 8)
SIDE = 40


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


def test_constant_feature_is_left_out_and_changes_nothing(lattice):
    x = wave(lattice[0], 15) + noise(7)
    both = filters(lattice[1], torch.cat([x, torch.full_like(x, 2.0)], dim=1), None, SCALES)
    torch.testing.assert_close(both[:, :1], filters(lattice[1], x, None, SCALES))
    assert not both[:, 1].any()
