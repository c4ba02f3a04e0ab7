from __future__ import annotations

import pytest
import torch

from spamca.nn.losses import TARGETS, alignment_loss, balanced_target, published_target


def assignments(n=12, k=4):
    generator = torch.Generator().manual_seed(0)
    return [torch.softmax(torch.randn(n, k, generator=generator), dim=1) for _ in range(3)]


def test_balanced_target_is_a_distribution():
    target = balanced_target(assignments())
    torch.testing.assert_close(target.sum(dim=1), torch.ones(12))


def test_balanced_target_by_hand():
    first, second = torch.tensor([[0.8, 0.2], [0.6, 0.4]]), torch.tensor([[0.5, 0.5], [0.3, 0.7]])
    strongest = torch.tensor([[0.8, 0.5], [0.6, 0.7]])
    sharp = strongest**2 / torch.tensor([1.4, 1.2])
    torch.testing.assert_close(balanced_target([first, second]), sharp / sharp.sum(dim=1, keepdim=True))


def test_published_target_has_length_one():
    torch.testing.assert_close(published_target(assignments()).norm(dim=1), torch.ones(12))


@pytest.mark.parametrize(("name", "target"), [("balanced", balanced_target), ("published", published_target)])
def test_targets_by_name(name, target):
    assert torch.equal(TARGETS[name](assignments()), target(assignments()))


def test_targets_carry_no_gradient():
    given = [assignment.requires_grad_() for assignment in assignments()]
    assert not balanced_target(given).requires_grad
    assert not published_target(given).requires_grad


def test_divergence_is_zero_only_at_the_target():
    first, second, _ = assignments()
    assert float(alignment_loss(first, first)) == pytest.approx(0, abs=1e-6)
    assert alignment_loss(second, first) > 0.01


def test_certain_targets_stay_finite():
    certain = torch.eye(4)
    assert torch.isfinite(alignment_loss(certain.roll(1, 0), certain))
