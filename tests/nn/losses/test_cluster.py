from __future__ import annotations

import math

import pytest
import torch

from spamca.nn.losses import cluster_contrast_loss, imbalance


def test_balanced_assignment_has_no_imbalance():
    assert float(imbalance(torch.eye(4))) == pytest.approx(0, abs=1e-6)


def test_collapsed_assignment_has_the_largest():
    collapsed = torch.zeros(5, 4)
    collapsed[:, 1] = 1
    assert float(imbalance(collapsed)) == pytest.approx(math.log(4))


def test_agreeing_clusters_cost_less():
    same, other = torch.eye(4).repeat(3, 1), torch.eye(4).roll(1, 0).repeat(3, 1)
    assert cluster_contrast_loss(same, same) < cluster_contrast_loss(same, other)


def test_by_hand_for_two_clusters():
    same = torch.eye(2)
    expected = -math.log(math.exp(2) / (math.exp(2) + 2))
    assert float(cluster_contrast_loss(same, same, temperature=0.5)) == pytest.approx(expected)
