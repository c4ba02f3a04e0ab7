from __future__ import annotations

import torch

from spamca.nn import Tissue


def test_sizes(toy_tissue):
    assert toy_tissue.n_spots == 40
    assert toy_tissue.n_features == [6, 4, 9]


def test_moves_everything(toy_tissue):
    present = torch.ones(40, 3, dtype=torch.bool)
    given = toy_tissue.features, toy_tissue.spatial, toy_tissue.feature_graphs, present
    moved = Tissue(*given).to("meta")
    tensors = [*moved.features, moved.spatial.weights, moved.feature_graphs[2].indices, moved.present]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_tissue_without_feature_graphs_moves(toy_tissue):
    assert Tissue(toy_tissue.features, toy_tissue.spatial).to("meta").feature_graphs == ()


def test_complete_tissue_has_no_columns_of_presence(toy_tissue):
    assert toy_tissue.has(0) is None
