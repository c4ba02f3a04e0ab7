from __future__ import annotations

import pytest
import torch

from spamca.nn.losses import reconstruction_loss

TARGET = torch.zeros(3, 2)
RESTORED = torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 4.0]])


def test_mean_over_spots_and_features():
    assert float(reconstruction_loss(TARGET, RESTORED)) == pytest.approx((1 + 4 + 8) / 3)


def test_nothing_scored_is_zero():
    assert float(reconstruction_loss(TARGET[:0], RESTORED[:0])) == 0
