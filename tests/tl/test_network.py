from __future__ import annotations

import mudata
import numpy as np
import pytest
import torch

import spamca
from spamca.tl._gather import root_mean_squares
from spamca.tl._network import network_of


def test_network_survives_writing(integrated, tmp_path):
    trained = network_of(integrated)
    assert trained.modalities == ["rna", "protein"]
    assert trained.scale == list(root_mean_squares(integrated).values())
    assert trained.network.settings.max_epochs == 20
    integrated.write(tmp_path / "integrated.h5mu")
    again = network_of(mudata.read_h5mu(tmp_path / "integrated.h5mu"))
    assert again.modalities == trained.modalities
    assert again.scale == trained.scale
    assert again.network.settings == trained.network.settings
    for name, values in trained.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], values, rtol=0, atol=0)


def test_stored_network_gives_the_stored_embedding(integrated):
    from spamca.tl._tissue_of import tissue_of
    from spamca.train import embed

    trained = network_of(integrated)
    latents = embed(trained.network, tissue_of(integrated, trained, "spamca"))
    np.testing.assert_array_equal(latents.fused.numpy(), integrated.obsm["X_spamca"])


def test_unscaled_features_are_divided_by_one(with_graphs):
    spamca.tl.integrate(with_graphs, 3, preset="paper", max_epochs=1, progress_bar=False)
    assert network_of(with_graphs).scale == [1.0, 1.0]


def test_missing_network_names_the_call(with_graphs):
    with pytest.raises(KeyError, match=r"call spamca.tl.integrate\(mdata, key_added='other'\)"):
        network_of(with_graphs, "other")
