from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.components import Block
from spamca.domains.sectioned import Effect, Sectioned


def test_domains_and_shifts_settle_together(pair):
    domain, section, components = pair
    sectioned = Sectioned(components, section)
    assert sectioned.batch_effect() == 0
    start = np.eye(3)[domain]
    start[::3] = 1 / 3
    found = sectioned.settle(start, 20)
    assert adjusted_rand_score(domain, found.argmax(axis=1)) > 0.95
    shift = sectioned.effects[0].shifts
    np.testing.assert_allclose(shift[1] - shift[0], [6, 0, 0], atol=0.8)
    expected = np.sqrt((np.bincount(section) / len(section) @ shift**2).mean())
    assert sectioned.batch_effect() == pytest.approx(expected)


def test_effects_are_removed(pair):
    _, section, components = pair
    sectioned, values = Sectioned(components, section), components.blocks[0].values
    effect = Effect(np.array([[1.0, 2, 1], [0.5, 1, 1]]), np.array([[0.0, 1, 0], [3, 0, -1]]))
    sectioned.correct([effect])
    expected = values / effect.scales[section] - effect.shifts[section]
    np.testing.assert_allclose(sectioned.field.blocks[0].values, expected - expected.mean(axis=0))
    np.testing.assert_array_equal(sectioned.components.blocks[0].values, values)


def test_score_is_the_equation(pair, moments):
    domain, section, components = pair
    sectioned = Sectioned(components, section)
    sectioned.correct(sectioned.estimated(np.eye(3)[domain]))
    (block,), (effect,), n = sectioned.field.blocks, sectioned.effects, len(section)
    (left,) = sectioned.field.unpredicted(domain, 3)
    within, outside = moments(block, np.eye(3)[domain])[1], block.covariance(left)
    volume = sum(np.log(effect.scales[s]).sum() for s in section)
    expected = -(np.linalg.slogdet(within)[1] + np.linalg.slogdet(outside)[1]) / 2 - 2 * volume / n
    expected += 4 * sectioned.field.coherence(domain) - np.square(effect.shifts).sum() / 2 / n
    assert sectioned.score(domain, 3) == pytest.approx(expected, abs=1e-3)


def test_the_right_matching_and_the_smaller_shift_score_highest(pair):
    domain, section, components = pair
    sectioned, score = Sectioned(components, section), []
    for partition in (domain, np.where(section == 1, (domain + 1) % 3, domain)):
        sectioned.correct(sectioned.estimated(np.eye(3)[partition]))
        score.append(sectioned.score(partition, 3))
    assert score[0] > score[1]
    scores = []
    for shift in (0.0, 9.0):
        sectioned.correct([Effect(np.ones((2, 3)), np.outer([-1, 1], [shift, 0, 0]))])
        scores.append(sectioned.score(domain + 3 * section, 6))
    assert scores[0] > scores[1]


def test_spots_without_the_modality_stay_zero(pair):
    domain, section, components = pair
    present = np.arange(len(domain)) % 4 > 0
    block = Block(components.blocks[0].values * present[:, None], present=present)
    sectioned = Sectioned(components.having([block]), section)
    sectioned.settle(np.eye(3)[domain], 5)
    (found,) = sectioned.field.blocks
    np.testing.assert_allclose(found.values.sum(axis=0), 0, atol=1e-8)
    assert (found.values[~present] == 0).all()
