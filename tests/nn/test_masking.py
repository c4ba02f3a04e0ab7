from __future__ import annotations

import pytest
import torch

from spamca.nn.masking import MaskToken, draw_mask


@pytest.mark.parametrize(("rate", "hidden"), [(0.0, 0), (0.2, 20), (0.999, 99), (1.0, 100)])
def test_rate_is_met_exactly(rate, hidden):
    assert draw_mask(100, rate, torch.Generator().manual_seed(0)).sum() == hidden


def test_same_seed_same_mask():
    first, second = (draw_mask(100, 0.3, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)


def test_hidden_rows_become_the_token():
    token = MaskToken(3)
    with torch.no_grad():
        token.token.copy_(torch.tensor([1.0, 2.0, 3.0]))
    x, hidden = torch.zeros(4, 3), torch.tensor([True, False, False, True])
    assert token(x, hidden).tolist() == [[1, 2, 3], [0, 0, 0], [0, 0, 0], [1, 2, 3]]
    assert token(x, None) is x


@pytest.mark.parametrize("learnable", [True, False])
def test_token_learns_only_where_wanted(learnable):
    assert MaskToken(3, learnable=learnable).token.requires_grad is learnable
