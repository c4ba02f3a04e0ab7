from __future__ import annotations

import numpy as np
import pytest

from spamca.datasets import _counts
from spamca.datasets._counts import KINDS, Modality, draw_counts, draw_modality


def plain(n_features: int = 50, **changes: float) -> Modality:
    """A modality with one domain and no program, so that every count has the same mean."""
    values = {"dispersion": 2.0, "library": 0.0, "dropout": 0.0} | changes
    log_mean = np.full((1, n_features), np.log(5.0), dtype=np.float32)
    return Modality(
        log_mean, np.zeros(n_features, dtype=bool), np.zeros((_counts.PROGRAMS, n_features), dtype=np.float32), **values
    )


def counts(modality: Modality, n_spots: int = 2000) -> np.ndarray:
    return draw_counts(modality, np.zeros(n_spots, dtype=int), [0, 2], means=False)[0].toarray()


def test_counts_are_negative_binomial():
    drawn = counts(plain())
    assert drawn.mean() == pytest.approx(5, rel=0.03)
    assert drawn.var() == pytest.approx(5 + 25 / 2, rel=0.05)
    assert (drawn == 0).mean() == pytest.approx((1 + 5 / 2) ** -2, rel=0.05)


def test_dropout_loses_its_share():
    assert counts(plain(dropout=0.4)).mean() == pytest.approx(0.6 * 5, rel=0.03)


def test_library_size_varies_over_spots():
    totals = counts(plain(500, dispersion=50.0, library=0.5)).sum(axis=1)
    assert np.log(totals).std() == pytest.approx(0.5, rel=0.1)


def test_means_are_those_of_the_counts():
    modality = draw_modality(KINDS["rna"], np.array([0, 1]), 30, 0.0, [0, 2])
    domain = np.repeat([0, 1], 4000)
    drawn, mean = draw_counts(modality, domain, [0, 2], means=True)
    assert mean.shape == drawn.shape
    assert mean.dtype == np.float32
    observed = np.asarray(drawn.mean(axis=0)).ravel()
    assert observed == pytest.approx((1 - modality.dropout) * mean.mean(axis=0), rel=0.15)


def test_result_does_not_depend_on_blocks_of_other_spots():
    """The last block may be short; what comes before it stays as it was."""
    modality = draw_modality(KINDS["atac"], np.array([0]), 5, 0.5, [0, 2])
    n = _counts.BLOCK
    long, _ = draw_counts(modality, np.zeros(2 * n, dtype=int), [0, 2], means=False)
    short, _ = draw_counts(modality, np.zeros(n + 3, dtype=int), [0, 2], means=False)
    assert (long[:n] != short[:n]).nnz == 0
    assert (long[:n] != long[n:]).nnz > 0


def test_domains_of_one_class_have_the_same_means_and_others_differ_in_markers():
    modality = draw_modality(KINDS["protein"], np.array([0, 0, 2]), 40, 0.5, [0, 2])
    assert (modality.log_mean[0] == modality.log_mean[1]).all()
    assert ((modality.log_mean[0] != modality.log_mean[2]) == modality.marker).all()
    assert modality.marker.sum() == round(KINDS["protein"].markers * 40)


def test_difficulty_weakens_markers_and_adds_noise():
    easy, hard = (draw_modality(KINDS["rna"], np.array([0, 1]), 300, difficulty, [0, 2]) for difficulty in (0.0, 1.0))
    assert np.ptp(easy.log_mean, axis=0).mean() > 2 * np.ptp(hard.log_mean, axis=0).mean()
    assert easy.dispersion > hard.dispersion
    assert easy.dropout < hard.dropout
    assert easy.library < hard.library
