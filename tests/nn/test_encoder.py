from __future__ import annotations

import torch

from spamca.nn.encoder import GraphEncoder, hops


def test_scales_stand_side_by_side(adjacency):
    encoder = GraphEncoder(5, 3, scales=(0, 2))
    x = torch.randn(adjacency.n_spots, 5)
    twice = adjacency.product(adjacency.product(x))
    torch.testing.assert_close(encoder(adjacency, x), torch.cat([x, twice], dim=1) @ encoder.weight)


def test_one_scale_is_the_published_encoder(adjacency):
    encoder = GraphEncoder(5, 3)
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(encoder(adjacency, x), adjacency.product(x @ encoder.weight))


def test_hops_keep_the_order_asked_for(adjacency):
    x = torch.randn(adjacency.n_spots, 2)
    once, none = hops(adjacency, x, (1, 0))
    assert none is x
    torch.testing.assert_close(once, adjacency.product(x))
