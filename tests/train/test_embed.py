from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import Settings, SpaMCA
from spamca.nn.batch import look
from spamca.nn.prototypes import attract
from spamca.train.embed import drawn, embed, encoded
from spamca.train.tiles import tiles


def test_blocks_give_what_the_whole_gives(toy_tissue, position):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    whole, blocks = embed(network, toy_tissue), embed(network, toy_tissue, tiles(toy_tissue.spatial, 7, position))
    for name in ("fused", "modality_weights"):
        torch.testing.assert_close(getattr(blocks, name), getattr(whole, name), rtol=1e-5, atol=1e-5)
    for name in ("modalities", "view_weights"):
        for some, all_ in zip(getattr(blocks, name), getattr(whole, name), strict=True):
            torch.testing.assert_close(some, all_, rtol=1e-5, atol=1e-5)


def test_embedding_is_drawn_towards_prototypes(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=0.6)).eval()
    latents, read = network.encode(look(toy_tissue, network.settings)), embed(network, toy_tissue)
    torch.testing.assert_close(read.fused, attract(latents.fused, network.cluster_head(latents.fused), 0.6))
    assert not torch.equal(read.fused, latents.fused)
    assert torch.equal(read.modalities[0], latents.modalities[0])


def test_latents_are_drawn_where_others_say(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=1)).eval()
    latents, domain = encoded(network, toy_tissue), torch.arange(toy_tissue.n_spots) % 5
    read = drawn(latents, network.settings, torch.eye(5)[domain], centres := torch.randn(5, 8))
    torch.testing.assert_close(read.fused, centres[domain])
    assert read.prototypes is centres


def test_embedding_without_prototypes_is_the_latent(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=0)).eval()
    assert torch.equal(embed(network, toy_tissue).fused, network.encode(look(toy_tissue, network.settings)).fused)


def test_masks_reach_the_result(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    hidden = torch.arange(120) % 3 == 0
    assert not torch.equal(
        embed(network, toy_tissue, None, [(hidden, hidden)] * 2).fused, embed(network, toy_tissue).fused
    )


@pytest.mark.parametrize("target", ["guided", "balanced"])
def test_spots_that_lack_a_modality_follow_the_guide(toy_tissue, target):
    """Of a modality that it lacks a spot hears nothing, but the guide hears its neighbours in it."""
    n = toy_tissue.n_spots
    present = torch.ones(n, len(toy_tissue.features), dtype=torch.bool)
    present[:10, 0] = False
    domain = torch.arange(n) % 4
    part = replace(toy_tissue, present=present, guide=torch.eye(4)[domain])
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=1, target=target)).eval()
    found, turned = (embed(network, tissue) for tissue in (part, replace(part, guide=torch.eye(4)[(domain + 1) % 4])))
    same = (found.fused == found.prototypes[domain]).all(dim=1)
    assert same[:10].all() == (target == "guided")
    assert not same[10:].all()
    assert torch.equal(found.fused, turned.fused) == (target == "balanced")
