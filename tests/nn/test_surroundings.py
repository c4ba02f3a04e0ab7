from __future__ import annotations

import torch

from spamca.nn.surroundings import surroundings


def test_nothing_hidden_has_no_share(adjacency):
    seen = surroundings(adjacency, torch.randn(adjacency.n_spots, 3), None, (1, 2))
    assert not seen.hides
    assert seen.values.shape == (adjacency.n_spots, 6)


def test_what_is_hidden_is_not_seen(adjacency):
    x, hidden = torch.randn(adjacency.n_spots, 3), torch.rand(adjacency.n_spots) < 0.5
    other = torch.where(hidden[:, None], 100.0, x)
    first, second = (surroundings(adjacency, values, hidden, (1, 2)) for values in (x, other))
    assert torch.equal(first.values, second.values)
    share = adjacency.product(hidden[:, None].float())
    torch.testing.assert_close(first.values[:, [3, 7]], torch.cat([share, adjacency.product(share)], dim=1))


def test_only_the_first_spots_are_given(adjacency):
    x = torch.randn(adjacency.n_spots, 3)
    some, all_ = surroundings(adjacency, x, None, (0, 2), 7), surroundings(adjacency, x, None, (0, 2))
    assert torch.equal(some.values, all_.values[:7])


def test_moves(adjacency):
    seen = surroundings(adjacency, torch.randn(adjacency.n_spots, 3), torch.rand(adjacency.n_spots) < 0.5)
    moved = seen.to("meta")
    assert moved.values.device.type == "meta"
    assert moved.hides
