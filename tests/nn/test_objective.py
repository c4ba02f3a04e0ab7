from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from spamca.nn import Settings, SpaMCA

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


@pytest.mark.parametrize("contrast", ["info_nce", "positive"])
def test_forms_of_contrast(toy_tissue, terms, contrast):
    assert terms(toy_tissue, ALL.changed(contrast=contrast))["contrast"] > 0
