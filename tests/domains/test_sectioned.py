from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.domains import Block
from spamca.domains.sectioned import Effect, Sectioned


def test_domains_and_shifts_settle_together(pair, together):
    domain, section, adjacency, values = pair
    sectioned = Sectioned(together([Block(values - values.mean(axis=0))], adjacency), section)
    assert sectioned.batch_effect() == 0
    start = np.eye(3)[domain]
    start[::3] = 1 / 3
    found = sectioned.settle(start, 20)
    assert adjusted_rand_score(domain, found.argmax(axis=1)) > 0.95
    shift = sectioned.effects[0].shifts
    np.testing.assert_allclose(shift[1] - shift[0], [6, 0, 0], atol=0.8)
    assert 1.2 < sectioned.batch_effect() < 2.2


def test_the_right_matching_scores_highest(pair, together):
    domain, section, adjacency, values = pair
    sectioned, score = Sectioned(together([Block(values - values.mean(axis=0))], adjacency), section), []
    wrong = np.where(section == 1, (domain + 1) % 3, domain)
    for partition in (domain, wrong):
        sectioned.correct(sectioned.estimated(np.eye(3)[partition]))
        score.append(sectioned.score(partition, 3))
    assert score[0] > score[1]


def test_of_two_shifts_that_explain_as_much_the_smaller_scores_higher(pair, together):
    domain, section, adjacency, values = pair
    sectioned = Sectioned(together([Block(values - values.mean(axis=0))], adjacency), section)
    apart = domain + 3 * section
    small, large = (Effect(np.ones((2, 3)), np.outer([-1, 1], [by, 0, 0])) for by in (0.0, 9.0))
    sectioned.correct([small])
    before = sectioned.score(apart, 6)
    sectioned.correct([large])
    assert sectioned.score(apart, 6) < before


def test_spots_without_the_modality_stay_zero(pair, together):
    domain, section, adjacency, values = pair
    present = np.arange(len(domain)) % 4 > 0
    sectioned = Sectioned(together([Block(values * present[:, None], present=present)], adjacency), section)
    sectioned.settle(np.eye(3)[domain], 5)
    np.testing.assert_allclose(sectioned.field.blocks[0].values.sum(axis=0), 0, atol=1e-8)
    assert (sectioned.field.blocks[0].values[~present] == 0).all()
