from __future__ import annotations

import math

import pytest
import torch

from spamca.nn.losses import info_nce_loss, positive_contrast_loss


def test_positive_pairs_only():
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    second = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    assert float(positive_contrast_loss(first, second)) == pytest.approx(-2 * math.log(0.5) / 2)


def test_info_nce_by_hand():
    first, second = torch.eye(2), torch.eye(2)
    expected = -math.log(math.exp(2) / (math.exp(2) + 1))
    assert float(info_nce_loss(first, second, temperature=0.5)) == pytest.approx(expected)


def test_info_nce_falls_when_pairs_agree():
    first = torch.randn(30, 8, generator=torch.Generator().manual_seed(0))
    shuffled = first[torch.randperm(30, generator=torch.Generator().manual_seed(1))]
    assert info_nce_loss(first, first) < info_nce_loss(first, shuffled)
