from __future__ import annotations

import torch

from spamca.nn.encoder import GraphEncoder


def test_scales_stand_side_by_side(adjacency):
    encoder = GraphEncoder(5, 3, scales=(0, 2))
    x = torch.randn(adjacency.n_spots, 5)
    twice = adjacency.product(adjacency.product(x))
    torch.testing.assert_close(encoder(adjacency, x), torch.cat([x, twice], dim=1) @ encoder.weight)


def test_one_scale_is_the_published_encoder(adjacency):
    encoder = GraphEncoder(5, 3)
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(encoder(adjacency, x), adjacency.product(x @ encoder.weight))


def test_order_of_scales_is_that_of_the_weight(adjacency):
    encoder = GraphEncoder(5, 3, scales=(3, 0))
    x = torch.randn(adjacency.n_spots, 5)
    far = adjacency.product(adjacency.product(adjacency.product(x)))
    torch.testing.assert_close(encoder(adjacency, x), torch.cat([far, x], dim=1) @ encoder.weight)


def test_scale_zero_alone_needs_no_graph(adjacency):
    encoder = GraphEncoder(5, 3, scales=(0,))
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(encoder(adjacency, x), x @ encoder.weight)
