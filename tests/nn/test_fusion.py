from __future__ import annotations

import pytest
import torch

from spamca.nn.fusion import AttentionFusion, ConcatenationFusion, SumFusion


def test_sum_is_by_trust():
    fusion, latents = SumFusion(2, 4), [torch.randn(5, 4), torch.randn(5, 4)]
    torch.testing.assert_close(fusion(latents)[0], latents[0] + latents[1])
    fusion.trust.copy_(torch.tensor([0.2, 0.6]))
    present = torch.ones(5, 2, dtype=torch.bool)
    present[2, 0] = False
    fused, weights = fusion(latents, present)
    torch.testing.assert_close(fused, 0.2 * latents[0] + 0.6 * latents[1])
    torch.testing.assert_close(weights[0], torch.tensor([0.25, 0.75]))
    assert weights[2].tolist() == [0, 1]


def test_nothing_trusted_is_nothing():
    fusion = SumFusion(2, 4)
    fusion.trust.zero_()
    fused, weights = fusion([torch.randn(5, 4)] * 2)
    assert not fused.any()
    assert not weights.any()


def test_attention_skips_a_missing_modality():
    latents = [torch.randn(5, 4), torch.randn(5, 4)]
    present = torch.ones(5, 2, dtype=torch.bool)
    present[2, 0] = False
    fused, weights = AttentionFusion(2, 4, uniform=0.5)(latents, present)
    torch.testing.assert_close(fused[2], latents[1][2])
    assert weights[2].tolist() == [0, 1]


def test_one_modality_is_itself():
    latent = torch.randn(5, 4)
    fused, weights = AttentionFusion(1, 4)([latent])
    torch.testing.assert_close(fused, latent)
    torch.testing.assert_close(weights, torch.ones(5, 1))


def test_concatenation_is_two_linear_maps():
    fusion, latents = ConcatenationFusion(3, 4), [torch.randn(5, 4) for _ in range(3)]
    fused, weights = fusion(latents)
    torch.testing.assert_close(fused, fusion.second(fusion.first(torch.cat(latents, dim=1))))
    torch.testing.assert_close(weights, torch.full((5, 3), 1 / 3))


def test_concatenation_refuses_missing_modalities():
    present = torch.tensor([[True, True], [True, False]])
    with pytest.raises(ValueError, match="fusion='concatenation'.* 1 spots lack one"):
        ConcatenationFusion(2, 4)([torch.randn(2, 4)] * 2, present)
