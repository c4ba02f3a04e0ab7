from __future__ import annotations

from itertools import combinations
from math import comb, log, sqrt

import numpy as np
import pandas as pd
import pytest

from spamca.metrics import agreement


@pytest.fixture
def labels() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    true = rng.integers(4, size=60)
    pred = np.where(rng.random(60) < 0.6, true, rng.integers(5, size=60))
    return true, pred


def naive(true: np.ndarray, pred: np.ndarray) -> dict[str, float]:
    """Every measure from its definition: by pairs of spots, or by counting."""
    n = len(true)
    both = only_true = only_pred = 0
    for i, j in combinations(range(n), 2):
        t, p = true[i] == true[j], pred[i] == pred[j]
        both, only_true, only_pred = both + (t and p), only_true + (t and not p), only_pred + (p and not t)
    in_true, in_pred = both + only_true, both + only_pred
    chance = in_true * in_pred / comb(n, 2)

    def entropy(*partitions: np.ndarray) -> float:
        _, counts = np.unique(np.stack(partitions), axis=1, return_counts=True)
        return -sum(c / n * log(c / n) for c in counts)

    h_true, h_pred, h_joint = entropy(true), entropy(pred), entropy(true, pred)
    mutual = h_true + h_pred - h_joint
    expected = _expected_information(true, pred)
    commonest = sum(np.unique(true[pred == k], return_counts=True)[1].max() for k in np.unique(pred))
    return {
        "ARI": (both - chance) / ((in_true + in_pred) / 2 - chance),
        "NMI": mutual / ((h_true + h_pred) / 2),
        "AMI": (mutual - expected) / ((h_true + h_pred) / 2 - expected),
        "homogeneity": mutual / h_true,
        "completeness": mutual / h_pred,
        "V": 2 * mutual / (h_true + h_pred),
        "FMI": both / sqrt(in_true * in_pred),
        "purity": commonest / n,
    }


def _expected_information(true: np.ndarray, pred: np.ndarray) -> float:
    """Mean mutual information if labels are dealt out at random: hypergeometric counts."""
    n, total = len(true), 0.0
    for a in np.unique(true, return_counts=True)[1]:
        for b in np.unique(pred, return_counts=True)[1]:
            for both in range(max(1, a + b - n), min(a, b) + 1):
                probability = comb(int(a), both) * comb(int(n - a), int(b) - both) / comb(n, int(b))
                total += probability * both / n * log(n * both / (a * b))
    return total


def test_agreement_is_what_the_definitions_give(labels):
    measures, expected = agreement(*labels), naive(*labels)
    assert list(measures) == list(expected)
    assert measures == pytest.approx(expected)


def test_names_of_domains_do_not_matter(labels):
    true, pred = labels
    renamed = pd.Categorical.from_codes(pred, categories=list("edcba"))
    assert agreement(true, renamed) == pytest.approx(agreement(true, pred))


def test_equal_partitions_score_one(labels):
    assert agreement(labels[0], labels[0] + 7) == pytest.approx(dict.fromkeys(agreement(*labels), 1.0))


@pytest.mark.parametrize("missing", [None, np.nan, "undetermined", "Unknown", "NA", " unassigned", ""])
def test_undetermined_spots_are_left_out(missing):
    true = ["a", "a", "b", "b", missing, missing]
    pred = [1, 1, 2, 2, 1, 2]
    assert agreement(true, pred)["ARI"] == 1.0
    assert agreement(pred, true)["ARI"] == 1.0


def test_different_lengths_raise():
    with pytest.raises(ValueError, match="labels_true has 2, labels_pred has 3"):
        agreement([0, 1], [0, 1, 1])


def test_nothing_labelled_raises():
    with pytest.raises(ValueError, match="no spot with a label in both"):
        agreement([np.nan, 1.0], [1.0, np.nan])
