import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.components import Block
from spamca.domains.sectioned import Effect, Sectioned


def test_domains_and_shifts_settle_together(pair):
    domain, section, components = pair
    sectioned, start = Sectioned(components, section), np.eye(3)[domain]
    assert sectioned.batch_effect() == 0
    start[::3] = 1 / 3
    assert adjusted_rand_score(domain, sectioned.settle(start, 20).argmax(axis=1)) > 0.95
    shift = sectioned.effects[0].shifts
    np.testing.assert_allclose(shift[1] - shift[0], [6, 0, 0], atol=0.8)
    expected = np.sqrt((np.bincount(section) / len(section) @ shift**2).mean())
    assert sectioned.batch_effect() == pytest.approx(expected)


@pytest.mark.parametrize("gap", [False, True])
def test_effects_are_removed_where_the_modality_is_there(pair, gap):
    _, section, components = pair
    present = np.arange(len(section)) % 4 >= gap
    values = components.blocks[0].values * present[:, None]
    sectioned = Sectioned(components.having([Block(values, present=present)]), section)
    effect = Effect(np.array([[1.0, 2, 1], [0.5, 1, 1]]), np.array([[0.0, 1, 0], [3, 0, -1]]))
    sectioned.correct([effect])
    expected = values / effect.scales[section] - effect.shifts[section]
    expected = (expected - expected[present].mean(axis=0)) * present[:, None]
    np.testing.assert_allclose(sectioned.field.blocks[0].values, expected)
    np.testing.assert_array_equal(sectioned.components.blocks[0].values, values)


def test_score_is_the_equation_and_prefers_the_right_matching_and_small_shifts(pair, moments):
    domain, section, components = pair
    sectioned, n = Sectioned(components, section), len(section)

    def score(partition, effects=None):
        k = partition.max() + 1
        sectioned.correct(effects or sectioned.estimated(np.eye(k)[partition]))
        (block,), (effect,) = sectioned.field.blocks, sectioned.effects
        within = moments(block, np.eye(k)[partition])[1], block.covariance(sectioned.field.unpredicted(partition, k)[0])
        volume = sum(np.linalg.slogdet(own)[1] for own in within) / 2
        expected = -volume - (2 * np.log(effect.scales)[section].sum() + np.square(effect.shifts).sum() / 2) / n
        expected += 4 * sectioned.field.coherence(partition)
        found = sectioned.score(partition, k)
        assert found == pytest.approx(expected, abs=1e-3)
        return found

    assert score(domain) > score(np.where(section == 1, (domain + 1) % 3, domain))
    small, large = (Effect(np.ones((2, 3)), np.outer([-1, 1], [by, 0, 0])) for by in (0.0, 9.0))
    assert score(domain + 3 * section, [small]) > score(domain + 3 * section, [large])
