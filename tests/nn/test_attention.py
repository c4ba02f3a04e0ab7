from __future__ import annotations

import pytest
import torch

from spamca.nn.attention import Attention


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0])
def test_weights_sum_to_one_and_weigh(uniform):
    attention, candidates = Attention(4, uniform=uniform), torch.randn(7, 3, 4)
    out, weights = attention(candidates.unbind(dim=1))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(7))
    assert (weights >= uniform / 3 - 1e-6).all()
    torch.testing.assert_close(out, torch.einsum("nv,nvd->nd", weights, candidates))


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1.0])
def test_absent_candidates_get_nothing(uniform):
    attention, candidates = Attention(4, uniform=uniform), torch.randn(3, 2, 4)
    present = torch.tensor([[True, False], [False, True], [True, True]])
    out, weights = attention(candidates.unbind(dim=1), present)
    assert weights[0].tolist() == [1, 0]
    assert weights[1].tolist() == [0, 1]
    torch.testing.assert_close(out[0], candidates[0, 0])
    out.sum().backward()
    assert torch.isfinite(attention.weight.grad).all()
