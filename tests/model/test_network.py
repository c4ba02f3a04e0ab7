from __future__ import annotations

from dataclasses import replace

import mudata
import numpy as np
import pytest
import torch

import spamca
from spamca.graph import normalize
from spamca.model.network import for_network, rebuild, trained_network, trained_tissue, weights_of
from spamca.nn import PRESETS, SpaMCA
from spamca.tissue import read
from spamca.train import embed


@pytest.mark.parametrize("preset", PRESETS)
def test_rebuilt_network_is_the_same(preset):
    network = SpaMCA([3, 5], 4, PRESETS[preset])
    for values in network.buffers():
        torch.nn.init.uniform_(values.float())
    again = rebuild(PRESETS[preset], [3, 5], 4, weights_of(network))
    assert not again.training
    assert again.state_dict().keys() == network.state_dict().keys()
    for name, values in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], values, rtol=0, atol=0)
    assert {name: p.requires_grad for name, p in again.named_parameters()} == {
        name: p.requires_grad for name, p in network.named_parameters()
    }
    if PRESETS[preset].shared_encoder:
        assert again.feature_encoders[0].weight is again.spatial_encoders[0].weight


def test_rebuilding_draws_nothing():
    weights = weights_of(SpaMCA([3], 2, PRESETS["default"]))
    before = torch.get_rng_state()
    rebuild(PRESETS["default"], [3], 2, weights)
    assert torch.equal(torch.get_rng_state(), before)


def test_rebuilt_network_owns_its_weights():
    weights = weights_of(SpaMCA([3], 2, PRESETS["default"]))
    for values in weights.values():
        values.setflags(write=False)
    network = rebuild(PRESETS["default"], [3], 2, weights)
    with torch.no_grad():
        network.tokens[0].add_(1)
    assert not weights["tokens.0"].any()


def test_weights_of_another_network_are_refused():
    weights = weights_of(SpaMCA([3], 2, PRESETS["paper"]))
    with pytest.raises(ValueError, match=r"'cluster_head.3.bias' has shape \(2,\) instead of \(3,\)"):
        rebuild(PRESETS["paper"], [3], 3, weights)
    del weights["tokens.0"]
    with pytest.raises(ValueError, match=r"'tokens.0' has shape None"):
        rebuild(PRESETS["paper"], [3], 2, weights)


def test_network_is_given_scaled_features_and_normalised_graphs(with_graphs):
    tissue = read(with_graphs)
    given = for_network(tissue, tissue.root_mean_squares())
    assert given.present is None
    assert given.feature_graphs == ()
    assert float(given.features[0].square().mean()) == pytest.approx(1, rel=1e-4)
    np.testing.assert_array_equal(given.spatial.weights.numpy(), normalize(tissue.graph).data)


def test_network_survives_writing(integrated, tmp_path):
    trained = trained_network(integrated)
    assert trained.names == ["rna", "protein"]
    assert trained.scale == read(integrated).root_mean_squares()
    assert trained.network.settings.max_epochs == 20
    integrated.write(tmp_path / "integrated.h5mu")
    again = trained_network(mudata.read_h5mu(tmp_path / "integrated.h5mu"))
    assert again.names == trained.names
    assert again.scale == trained.scale
    assert again.network.settings == trained.network.settings
    for name, values in trained.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], values, rtol=0, atol=0)


def test_stored_network_gives_the_stored_embedding(integrated):
    trained = trained_network(integrated)
    latents = embed(trained.network, for_network(trained_tissue(integrated, trained, "spamca"), trained.scale))
    np.testing.assert_array_equal(latents.fused.numpy(), integrated.obsm["X_spamca"])


def test_unscaled_features_are_divided_by_one(with_graphs):
    spamca.tl.integrate(with_graphs, 3, preset="paper", max_epochs=1, progress_bar=False)
    assert trained_network(with_graphs).scale == [1.0, 1.0]


def test_missing_network_names_the_call(with_graphs):
    with pytest.raises(KeyError, match=r"call spamca.tl.integrate\(mdata, key_added='other'\)"):
        trained_network(with_graphs, "other")


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
def test_features_of_any_kind_are_given_in_single_precision(with_graphs, dtype):
    tissue = read(with_graphs)
    features = tuple((10 * values).astype(dtype) for values in tissue.features)
    given = for_network(replace(tissue, features=features), [2.0, 5.0])
    for values, found, one in zip(features, given.features, [2.0, 5.0], strict=True):
        np.testing.assert_array_equal(found.numpy(), (values / np.float64(one)).astype(np.float32))
