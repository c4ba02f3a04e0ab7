from __future__ import annotations

import pytest
import torch

from spamca.nn.masking import draw_mask, draw_masks


@pytest.mark.parametrize(("rate", "hidden"), [(0.0, 0), (0.2, 20), (0.999, 99), (1.0, 100)])
def test_rate_is_met_exactly(rate, hidden):
    assert draw_mask(100, rate, torch.Generator().manual_seed(0)).sum() == hidden


def test_same_seed_same_mask():
    first, second = (draw_mask(100, 0.3, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("independent", [False, True])
def test_one_mask_for_both_views_unless_published(independent):
    masks = draw_masks(100, 2, 0.3, torch.Generator().manual_seed(0), independent=independent)
    assert [torch.equal(spatial, feature) for spatial, feature in masks] == [not independent] * 2
    assert not torch.equal(masks[0][0], masks[1][0])
