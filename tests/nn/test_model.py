from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import PRESETS, Settings, SpaMCA
from spamca.nn.batch import look


@pytest.mark.parametrize("preset", PRESETS)
def test_shapes(toy_tissue, step, preset):
    network = SpaMCA(toy_tissue.n_features, 4, PRESETS[preset].changed(n_latent=8))
    batch, output, _ = step(network, toy_tissue)
    assert [restored.shape for restored in output.restored] == [target.shape for target in batch.targets]
    settings = network.settings
    assert output.latents.fused.shape == (40, 8)
    assert output.latents.modality_weights.shape == (40, 3)
    assert [weights.shape for weights in output.latents.view_weights] == [(40, len(settings.views))] * 3
    assert [y.shape for y in output.assignments] == [(40, 4)] * (4 if settings.clusters else 0)
    assert [p.shape for p in output.projections] == [(40, 8)] * (3 if settings.contrast_weight else 0)


def test_width_is_at_most_the_number_of_features(toy_tissue):
    assert SpaMCA(toy_tissue.n_features, 5, Settings()).n_latent == 19
    assert SpaMCA(toy_tissue.n_features, 5, Settings(n_latent=5)).n_latent == 5
    assert SpaMCA(toy_tissue.n_features, 4, PRESETS["paper"]).n_latent == 64


def test_default_knows_no_number_of_clusters(toy_tissue):
    first, second = (dict(SpaMCA(toy_tissue.n_features, k, Settings()).named_parameters()) for k in (3, 9))
    assert {name: x.shape for name, x in first.items()} == {name: x.shape for name, x in second.items()}


def test_hidden_spots_do_not_leak(toy_tissue):
    """What a hidden spot measured must not reach any latent."""
    network, hidden = SpaMCA(toy_tissue.n_features, 4, Settings()), torch.arange(40) % 4 == 0
    features = toy_tissue.features[0].clone()
    features[hidden] += 100
    changed = replace(toy_tissue, features=(features, *toy_tissue.features[1:]))
    first, second = (network.encode(look(t, Settings(), None, [(hidden, hidden)] * 3)) for t in (toy_tissue, changed))
    torch.testing.assert_close(first.fused, second.fused)


def test_missing_modality_does_not_count(toy_tissue, step):
    present = torch.ones(40, 3, dtype=torch.bool)
    present[:10, 1] = False
    tissue = replace(toy_tissue, present=present)
    features = tissue.features[1].clone()
    features[:10] = 50
    other = replace(tissue, features=(tissue.features[0], features, tissue.features[2]))
    network = SpaMCA(tissue.n_features, 4, Settings())
    (_, output, found), (_, _, expected) = (step(network, given) for given in (tissue, other))
    assert (output.latents.modality_weights[:10, 1] == 0).all()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name])


@pytest.mark.parametrize("views", [("spatial",), ("feature",), ("feature", "spatial")])
def test_views(toy_tissue, step, views):
    torch.manual_seed(0)
    network = SpaMCA(toy_tissue.n_features, 4, Settings(start="random", n_latent=8, views=views))
    _, output, terms = step(network, toy_tissue)
    assert [weights.shape for weights in output.latents.view_weights] == [(40, len(views))] * 3
    terms["total"].backward()
    for view, encoders in (("spatial", network.spatial_encoders), ("feature", network.feature_encoders)):
        assert all((parameter.grad is not None) is (view in views) for parameter in encoders.parameters())


def test_only_its_own_view_sees_a_graph(toy_tissue):
    other = replace(toy_tissue, feature_graphs=(toy_tissue.spatial,) * 3)
    for views, same in ((("spatial",), True), (("feature",), False)):
        torch.manual_seed(0)
        settings = Settings(start="random", n_latent=8, views=views)
        network = SpaMCA(toy_tissue.n_features, 4, settings)
        first, second = (network.encode(look(tissue, settings)) for tissue in (other, toy_tissue))
        assert torch.equal(first.fused, second.fused) is same


def test_every_parameter_learns(toy_tissue, step):
    network = SpaMCA(toy_tissue.n_features, 4, Settings())
    step(network, toy_tissue)[2]["total"].backward()
    still = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not still


def test_token_is_learned_only_where_wanted(toy_tissue):
    for learnable in (True, False):
        network = SpaMCA(toy_tissue.n_features, 4, Settings(learnable_token=learnable))
        assert [token.requires_grad for token in network.tokens] == [learnable] * 3
        assert not any(token.any() for token in network.tokens)
