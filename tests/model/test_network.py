from __future__ import annotations

import numpy as np
import pytest
import torch

from spamca.model.network import n_clusters_of, rebuild, settings_of, weights_of
from spamca.nn import PRESETS, SpaMCA


@pytest.mark.parametrize("preset", PRESETS)
def test_rebuilt_network_is_the_same(preset):
    network = SpaMCA([3, 5], 4, PRESETS[preset])
    if PRESETS[preset].clusters:
        torch.nn.init.uniform_(network.cluster_head[1].running_mean)
    again = rebuild(PRESETS[preset], [3, 5], 4, weights_of(network))
    assert not again.training
    for name, values in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], values)
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
    assert n_clusters_of(weights) == 2
    with pytest.raises(ValueError, match=r"'cluster_head.3.bias' has shape \(2,\) instead of \(3,\)"):
        rebuild(PRESETS["paper"], [3], 3, weights)
    del weights["tokens.0"]
    with pytest.raises(ValueError, match=r"'tokens.0' has shape None"):
        rebuild(PRESETS["paper"], [3], 2, weights)


def test_default_has_no_clusters():
    assert n_clusters_of(weights_of(SpaMCA([3], 2, PRESETS["default"]))) is None


def test_settings_from_a_file():
    record = {
        "views": np.array(["spatial"], dtype=object),
        "spatial_scales": np.array([1, 3]),
        "mask_rate": np.float64(0.5),
        "early_stopping": np.bool_(0),
        "n_clusters": 3,
    }
    assert settings_of(record) == PRESETS["default"].changed(
        views=("spatial",), spatial_scales=(1, 3), mask_rate=0.5, early_stopping=False
    )
