from __future__ import annotations

import torch

from spamca.nn.heads import ClusterHead, Projector


def test_assignments_are_distributions():
    assignment = ClusterHead(8, 5)(torch.randn(20, 8))
    assert assignment.shape == (20, 5)
    torch.testing.assert_close(assignment.sum(dim=1), torch.ones(20))


def test_projections_are_not_negative():
    projection = Projector(8)(torch.randn(20, 8))
    assert projection.shape == (20, 8)
    assert (projection >= 0).all()
