from __future__ import annotations

import pytest
import torch

from spamca.nn.batch import surroundings
from spamca.nn.layers import (
    Attention,
    ClusterHead,
    ConcatenationFusion,
    GraphDecoder,
    GraphEncoder,
    Projector,
    SumFusion,
)

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


def test_one_hop_and_a_map_for_each_modality(adjacency):
    decoder, z = GraphDecoder(6, [3, 12]), torch.randn(adjacency.n_spots, 6)
    for restored, weight in zip(decoder(adjacency, z, [slice(None)] * 2), decoder.weights, strict=True):
        torch.testing.assert_close(restored, adjacency.product(z) @ weight)


def test_sum_is_by_trust():
    fusion, latents = SumFusion(2), [torch.randn(5, 4), torch.randn(5, 4)]
    torch.testing.assert_close(fusion(latents)[0], latents[0] + latents[1])
    fusion.trust.copy_(torch.tensor([0.2, 0.6]))
    present = torch.ones(5, 2, dtype=torch.bool)
    present[2, 0] = False
    fused, weights = fusion(latents, present)
    torch.testing.assert_close(fused, 0.2 * latents[0] + 0.6 * latents[1])
    torch.testing.assert_close(weights[0], torch.tensor([0.25, 0.75]))
    assert weights[2].tolist() == [0, 1]


def test_nothing_trusted_is_nothing():
    fusion = SumFusion(2)
    fusion.trust.zero_()
    fused, weights = fusion([torch.randn(5, 4)] * 2)
    assert not fused.any()
    assert not weights.any()


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0])
def test_weights_sum_to_one_and_weigh(uniform):
    attention, candidates = Attention(4, uniform=uniform), torch.randn(7, 3, 4)
    out, weights = attention(candidates.unbind(dim=1))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(7))
    assert (weights >= uniform / 3 - 1e-6).all()
    torch.testing.assert_close(out, torch.einsum("nv,nvd->nd", weights, candidates))


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0])
def test_absent_candidates_get_nothing(uniform):
    attention, candidates = Attention(4, uniform=uniform), torch.randn(3, 2, 4)
    present = torch.tensor([[True, False], [False, True], [True, True]])
    out, weights = attention(candidates.unbind(dim=1), present)
    assert weights[0].tolist() == [1, 0]
    assert weights[1].tolist() == [0, 1]
    torch.testing.assert_close(out[0], candidates[0, 0])
    out.sum().backward()
    assert torch.isfinite(attention.weight.grad).all()


def test_one_latent_is_itself():
    latent = torch.randn(5, 4)
    fused, weights = Attention(4)([latent])
    torch.testing.assert_close(fused, latent)
    torch.testing.assert_close(weights, torch.ones(5, 1))


def test_concatenation_is_two_linear_maps():
    fusion, latents = ConcatenationFusion(3, 4), [torch.randn(5, 4) for _ in range(3)]
    fused, weights = fusion(latents)
    torch.testing.assert_close(fused, fusion.second(fusion.first(torch.cat(latents, dim=1))))
    torch.testing.assert_close(weights, torch.full((5, 3), 1 / 3))


def test_concatenation_refuses_missing_modalities():
    present = torch.tensor([[True, True], [True, False]])
    with pytest.raises(ValueError, match="fusion='concatenation'.* 1 spots lack one"):
        ConcatenationFusion(2, 4)([torch.randn(2, 4)] * 2, present)


def test_assignments_are_distributions():
    assignment = ClusterHead(8, 5)(torch.randn(20, 8))
    assert assignment.shape == (20, 5)
    torch.testing.assert_close(assignment.sum(dim=1), torch.ones(20))


def test_projections_are_not_negative():
    projection = Projector(8)(torch.randn(20, 8))
    assert projection.shape == (20, 8)
    assert (projection >= 0).all()
