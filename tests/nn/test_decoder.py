from __future__ import annotations

import torch

from spamca.nn.decoder import GraphDecoder


def test_one_hop_and_a_map_for_each_modality(adjacency):
    decoder, z = GraphDecoder(6, [3, 12]), torch.randn(adjacency.n_spots, 6)
    for restored, weight in zip(decoder(adjacency, z), decoder.weights, strict=True):
        torch.testing.assert_close(restored, adjacency.product(z) @ weight)
