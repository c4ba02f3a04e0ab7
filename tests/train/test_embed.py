from __future__ import annotations

import torch

from spamca.nn import Settings, SpaMCA
from spamca.nn.batch import look
from spamca.train.embed import embed
from spamca.train.tiles import tiles


def test_blocks_give_what_the_whole_gives(toy_tissue, position):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    whole, blocks = embed(network, toy_tissue), embed(network, toy_tissue, tiles(toy_tissue.spatial, 7, position))
    for name in ("fused", "modality_weights"):
        torch.testing.assert_close(getattr(blocks, name), getattr(whole, name), rtol=1e-5, atol=1e-5)
    for name in ("modalities", "view_weights"):
        for some, all_ in zip(getattr(blocks, name), getattr(whole, name), strict=True):
            torch.testing.assert_close(some, all_, rtol=1e-5, atol=1e-5)


def test_embedding_is_the_fused_latent(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, None, Settings(n_latent=8)).eval()
    latents, read = network.encode(look(toy_tissue, network.settings)), embed(network, toy_tissue)
    assert torch.equal(read.fused, latents.fused)
    assert torch.equal(read.modalities[0], latents.modalities[0])


def test_embedding_is_of_length_one_where_asked_for(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, None, Settings(n_latent=8, normalize=True)).eval()
    torch.testing.assert_close(embed(network, toy_tissue).fused.norm(dim=1), torch.ones(120))


def test_masks_reach_the_result(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8)).eval()
    hidden = torch.arange(120) % 3 == 0
    assert not torch.equal(
        embed(network, toy_tissue, None, [(hidden, hidden)] * 2).fused, embed(network, toy_tissue).fused
    )
