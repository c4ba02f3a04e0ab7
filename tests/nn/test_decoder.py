from __future__ import annotations

import pytest
import torch

from spamca.nn.decoder import GraphDecoder


@pytest.mark.parametrize("n_features", [3, 12])
def test_either_order_of_products_is_the_same_map(adjacency, n_features):
    decoder, z = GraphDecoder(6, n_features), torch.randn(adjacency.n_spots, 6)
    torch.testing.assert_close(decoder(adjacency, z), adjacency.product(z) @ decoder.weight)
