from __future__ import annotations

import pytest
import torch

from spamca.nn.encoder import GraphEncoder
from spamca.nn.surroundings import surroundings

NONE = torch.zeros(5)


def encoded(encoder, adjacency, x, hidden=None, token=NONE):
    return encoder(surroundings(adjacency, x, hidden, encoder.scales), token)


def test_scales_stand_side_by_side(adjacency):
    encoder = GraphEncoder(5, 3, scales=(0, 2))
    x = torch.randn(adjacency.n_spots, 5)
    twice = adjacency.product(adjacency.product(x))
    torch.testing.assert_close(encoded(encoder, adjacency, x), torch.cat([x, twice], dim=1) @ encoder.weight)


def test_one_scale_is_the_published_encoder(adjacency):
    encoder = GraphEncoder(5, 3)
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(encoded(encoder, adjacency, x), adjacency.product(x @ encoder.weight))


def test_order_of_scales_is_that_of_the_weight(adjacency):
    encoder = GraphEncoder(5, 3, scales=(3, 0))
    x = torch.randn(adjacency.n_spots, 5)
    far = adjacency.product(adjacency.product(adjacency.product(x)))
    torch.testing.assert_close(encoded(encoder, adjacency, x), torch.cat([far, x], dim=1) @ encoder.weight)


def test_scale_zero_alone_needs_no_graph(adjacency):
    encoder = GraphEncoder(5, 3, scales=(0,))
    x = torch.randn(adjacency.n_spots, 5)
    torch.testing.assert_close(encoded(encoder, adjacency, x), x @ encoder.weight)


@pytest.mark.parametrize("scales", [(1,), (0, 2), (1, 2, 4)])
def test_hidden_spots_show_the_token(adjacency, scales):
    """Carried over the graph before the map, or put in the rows first: the same latents, and the same gradient."""
    encoder, x = GraphEncoder(5, 3, scales=scales), torch.randn(adjacency.n_spots, 5)
    token, hidden = torch.randn(5, requires_grad=True), torch.rand(adjacency.n_spots) < 0.3
    dense, hops = adjacency.product(torch.eye(adjacency.n_spots)), [torch.where(hidden[:, None], token, x)]
    for _ in range(max(scales)):
        hops.append(dense @ hops[-1])
    expected = torch.cat([hops[scale] for scale in scales], dim=1) @ encoder.weight
    found = encoded(encoder, adjacency, x, hidden, token)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(found)
    gradients = [torch.autograd.grad((out * weight).sum(), (token, encoder.weight)) for out in (found, expected)]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)
