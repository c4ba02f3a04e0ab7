from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from spamca.nn import Settings, SpaMCA
from spamca.nn.objective import (
    alignment_loss,
    balanced_target,
    cluster_contrast_loss,
    imbalance,
    info_nce_loss,
    positive_contrast_loss,
    published_target,
    reconstruction_loss,
)

ALL = Settings(contrast_weight=0.1, cluster_weight=0.1, alignment_weight=0.1)


@pytest.fixture
def terms(step):
    def of(tissue, settings):
        torch.manual_seed(0)
        return step(SpaMCA(tissue.n_features, 4, settings), tissue)[2]

    return of


def test_total_is_the_weighted_sum(toy_tissue, terms):
    settings = Settings(reconstruction_weight=1, contrast_weight=2, cluster_weight=3, alignment_weight=4)
    value = terms(toy_tissue, settings)
    expected = value["reconstruction"] + 2 * value["contrast"] + 3 * value["cluster"] + 4 * value["alignment"]
    torch.testing.assert_close(value["total"], expected)


def test_losses_of_weight_zero_are_not_taken(toy_tissue, terms):
    value = terms(toy_tissue, Settings())
    assert value["reconstruction"] == value["total"] > 0
    assert value["contrast"] == value["cluster"] == value["alignment"] == 0


def test_one_modality_has_no_pairs(toy_tissue, terms):
    single = replace(toy_tissue, features=toy_tissue.features[:1], feature_graphs=toy_tissue.feature_graphs[:1])
    value = terms(single, ALL)
    assert value["contrast"] == 0
    assert value["cluster"] == 0
    assert value["reconstruction"] > 0


def test_nothing_hidden_scores_every_spot(toy_tissue, terms):
    assert terms(toy_tissue, Settings(mask_rate=0))["reconstruction"] > 0


def test_modalities_without_a_common_spot_have_no_pair(toy_tissue, terms):
    present = torch.zeros(40, 3, dtype=torch.bool)
    present[:20, 0] = present[20:, 1] = present[:, 2] = True
    assert torch.isfinite(terms(replace(toy_tissue, present=present), ALL)["total"])


def test_forms_of_contrast_and_target(toy_tissue, terms):
    for name, forms in (("contrast", ("info_nce", "positive")), ("target", ("balanced", "published"))):
        term = "contrast" if name == "contrast" else "alignment"
        first, second = (float(terms(toy_tissue, ALL.changed(**{name: form}))[term].detach()) for form in forms)
        assert first != second


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


def test_reconstruction_is_a_mean_over_spots_and_features():
    target, restored = torch.zeros(3, 2), torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 4.0]])
    assert float(reconstruction_loss(target, restored)) == pytest.approx((1 + 4 + 8) / 3)
    assert float(reconstruction_loss(target[:0], restored[:0])) == 0
