from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import PRESETS, Settings, SpaMCA, losses
from spamca.nn.prototypes import attract


@pytest.fixture(params=PRESETS)
def settings(request):
    return PRESETS[request.param].changed(n_latent=8)


def test_shapes(toy_tissue, settings):
    network = SpaMCA(toy_tissue.n_features, 4, settings)
    output = network(toy_tissue, network.draw_masks(toy_tissue, torch.Generator()))
    assert [restored.shape for restored in output.restored] == [features.shape for features in toy_tissue.features]
    assert output.latents.fused.shape == (40, 8)
    assert output.latents.modality_weights.shape == (40, 3)
    assert [weights.shape for weights in output.latents.view_weights] == [(40, 2)] * 3
    assert output.fused_assignment.shape == (40, 4)


def test_one_mask_for_both_views_unless_published(toy_tissue):
    for preset, same in (("default", True), ("paper", False)):
        network = SpaMCA(toy_tissue.n_features, 4, PRESETS[preset])
        spatial, feature = network.draw_masks(toy_tissue, torch.Generator().manual_seed(0))[0]
        assert torch.equal(spatial, feature) is same


def test_hidden_spots_do_not_leak(toy_tissue):
    """What a hidden spot measured must not reach any latent."""
    network = SpaMCA(toy_tissue.n_features, 4, Settings())
    masks = network.draw_masks(toy_tissue, torch.Generator().manual_seed(0))
    hidden = masks[0][0]
    features = toy_tissue.features[0].clone()
    features[hidden] += 100
    changed = replace(toy_tissue, features=(features, *toy_tissue.features[1:]))
    torch.testing.assert_close(network.encode(changed, masks).fused, network.encode(toy_tissue, masks).fused)


def test_missing_modality_does_not_count(toy_tissue):
    present = torch.ones(40, 3, dtype=torch.bool)
    present[:10, 1] = False
    tissue = replace(toy_tissue, present=present)
    features = tissue.features[1].clone()
    features[:10] = 50
    other = replace(tissue, features=(tissue.features[0], features, tissue.features[2]))
    network = SpaMCA(tissue.n_features, 4, Settings())
    masks = network.draw_masks(tissue, torch.Generator().manual_seed(0))
    results = []
    for given in (tissue, other):
        output = network(given, masks)
        results.append(losses(given, output, masks, Settings(), torch.Generator().manual_seed(0)))
        assert (output.latents.modality_weights[:10, 1] == 0).all()
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name])


@pytest.mark.parametrize("views", [("spatial",), ("feature",), ("feature", "spatial")])
def test_views(toy_tissue, views):
    settings = Settings(n_latent=8, views=views)
    torch.manual_seed(0)
    network = SpaMCA(toy_tissue.n_features, 4, settings)
    masks = network.draw_masks(toy_tissue, torch.Generator().manual_seed(0))
    output = network(toy_tissue, masks)
    assert [weights.shape for weights in output.latents.view_weights] == [(40, len(views))] * 3
    losses(toy_tissue, output, masks, settings, torch.Generator())["total"].backward()
    for view, encoders in (("spatial", network.spatial_encoders), ("feature", network.feature_encoders)):
        learnt = [parameter.grad is not None for parameter in encoders.parameters()]
        assert learnt == [view in views] * len(learnt)


def test_only_its_own_view_sees_a_graph(toy_tissue):
    other = replace(toy_tissue, feature_graphs=(toy_tissue.spatial,) * 3)
    for views, same in ((("spatial",), True), (("feature",), False)):
        torch.manual_seed(0)
        network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, views=views))
        assert torch.equal(network.encode(other).fused, network.encode(toy_tissue).fused) is same


def test_embedding_is_drawn_towards_prototypes(toy_tissue):
    torch.manual_seed(0)
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=0.6))
    latents, read = network.encode(toy_tissue), network.embed(toy_tissue)
    expected = attract(latents.fused, network.cluster_head(latents.fused), 0.6)
    assert torch.equal(read.fused, expected)
    assert not torch.equal(read.fused, latents.fused)
    assert torch.equal(read.modalities[0], latents.modalities[0])


def test_embedding_without_prototypes_is_the_latent(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings(n_latent=8, prototype_share=0))
    assert torch.equal(network.embed(toy_tissue).fused, network.encode(toy_tissue).fused)


def test_every_parameter_learns(toy_tissue):
    network = SpaMCA(toy_tissue.n_features, 4, Settings())
    masks = network.draw_masks(toy_tissue, torch.Generator().manual_seed(0))
    losses(toy_tissue, network(toy_tissue, masks), masks, Settings(), torch.Generator())["total"].backward()
    still = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not still
