from __future__ import annotations

import pytest
import torch

from spamca.nn.prototypes import attract


@pytest.fixture
def latent():
    return torch.randn(30, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def assignment():
    return torch.softmax(2 * torch.randn(30, 3, generator=torch.Generator().manual_seed(1)), dim=1)


def test_by_hand():
    latent = torch.tensor([[0.0, 0], [2, 2], [10, 0]])
    hard = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    torch.testing.assert_close(attract(latent, hard, 0.5), torch.tensor([[0.5, 0.5], [1.5, 1.5], [10, 0]]))


def test_is_the_equation(latent, assignment):
    prototypes = [(assignment[:, k, None] * latent).sum(dim=0) / assignment[:, k].sum() for k in range(3)]
    drawn = torch.stack([sum(assignment[i, k] * prototypes[k] for k in range(3)) for i in range(30)])
    torch.testing.assert_close(attract(latent, assignment, 0.3), 0.7 * latent + 0.3 * drawn)


def test_no_share_leaves_the_latent(latent, assignment):
    torch.testing.assert_close(attract(latent, assignment, 0), latent)


def test_full_share_leaves_the_prototypes_only(latent):
    hard = torch.eye(3)[torch.arange(30) % 3]
    drawn = attract(latent, hard, 1)
    assert len(drawn.unique(dim=0)) == 3
    torch.testing.assert_close(drawn[0], latent[::3].mean(dim=0))


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_what_varies_within_a_domain_shrinks_by_the_share(latent, share):
    hard = torch.eye(3)[torch.arange(30) % 3]
    drawn = attract(latent, hard, share)
    for k in range(3):
        torch.testing.assert_close(drawn[k::3].mean(dim=0), latent[k::3].mean(dim=0))
        torch.testing.assert_close(drawn[k::3].std(dim=0), (1 - share) * latent[k::3].std(dim=0))


def test_empty_domain_stays_finite(latent):
    hard = torch.eye(4)[torch.arange(30) % 3]
    drawn = attract(latent, hard, 0.8)
    torch.testing.assert_close(drawn, attract(latent, hard[:, :3], 0.8))


def test_one_domain_draws_to_the_mean(latent):
    torch.testing.assert_close(attract(latent, torch.ones(30, 1), 1), latent.mean(dim=0).expand(30, 5))
