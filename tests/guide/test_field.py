from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.guide import noise_whitened
from spamca.guide.blocks import Block
from spamca.guide.field import COHERENCE, Field


@pytest.fixture
def block(toy):
    return Block(noise_whitened(toy.features(), toy.adjacency))


@pytest.fixture
def field(toy, block):
    return Field([block], toy.adjacency)


@pytest.fixture
def spoilt(toy, rng):
    """The truth, with another domain in one of five spots."""
    wrong = rng.random(toy.n_spots) < 0.2
    return np.where(wrong, (toy.truth + rng.integers(1, 3, toy.n_spots)) % 3, toy.truth)


def test_likelihood_by_hand(field, block, toy):
    x = block.values
    within = np.zeros((x.shape[1], x.shape[1]))
    for k in range(3):
        own = x[toy.truth == k]
        within += (own - own.mean(axis=0)).T @ (own - own.mean(axis=0)) / len(x)
    expected = 0.5 * (np.linalg.slogdet(x.T @ x / len(x))[1] - np.linalg.slogdet(within)[1])
    assert field.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(expected, abs=1e-4)
    assert field.parts(np.zeros(toy.n_spots, dtype=int), 1)["log_likelihood"] == pytest.approx(0, abs=1e-4)


def test_likelihood_is_raised_to_the_weight(toy, block):
    twice = Field([Block(block.values, 2.0)], toy.adjacency)
    both = Field([block, block], toy.adjacency)
    single = Field([block], toy.adjacency).parts(toy.truth, 3)["log_likelihood"]
    assert twice.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(2 * single)
    assert both.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(2 * single)


def test_modality_counts_as_far_as_spots_have_it(toy, block):
    """Two halves, each with the modality, are worth one modality of all spots."""
    first = np.arange(toy.n_spots) % 2 == 0
    halves = Field([Block(block.values * own[:, None], present=own) for own in (first, ~first)], toy.adjacency)
    whole = Field([block], toy.adjacency)
    assert halves.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(
        whole.parts(toy.truth, 3)["log_likelihood"], rel=0.1
    )
    assert halves.parts(toy.truth, 3)["predicted"] == pytest.approx(whole.parts(toy.truth, 3)["predicted"], rel=0.1)


def test_predicting_by_hand(path):
    values = np.arange(12.0)[:, None] - 5.5
    field = Field([Block(values)], path)
    partition = np.repeat([0, 1], 6)
    means = np.array([-3.0, 3.0])
    # beta for an edge: the objective gains 4 / 11 for one of 11 edges, times 12 spots; ends hear their neighbour for two
    mean_degree = 22 / 12
    expected = np.empty(12)
    for i in range(12):
        around = [j for j in (i - 1, i + 1) if 0 <= j < 12]
        pull = 4 * 12 / 11 * mean_degree / len(around)
        score = np.exp([pull * sum(partition[j] == k for j in around) for k in range(2)])
        expected[i] = values[i, 0] - score @ means / score.sum()
    (left,) = field.unpredicted(partition, 2)
    np.testing.assert_allclose(left[:, 0], expected)
    assert field.parts(partition, 2)["predicted"] == pytest.approx(
        0.5 * np.log(values.var() / np.square(expected).mean()), abs=1e-5
    )


def test_neighbours_do_not_predict_the_noise_of_a_spot(field, toy):
    """Domains that follow single spots have a higher likelihood and predict less."""
    noisy = np.where(field.blocks[0].values[:, 0] > 0, toy.truth, (toy.truth + 1) % 3)
    assert field.parts(noisy, 3)["predicted"] < field.parts(toy.truth, 3)["predicted"]


def test_spread_alone_tells_domains_apart(make_toy, rng):
    """Two domains of one mean: a shared covariance cannot tell them, one for each can."""
    toy = make_toy(30, 30, 2)
    values = rng.normal(size=(900, 3)) * np.where(toy.truth == 1, 3, 1)[:, None]
    field = Field([Block(values - values.mean(axis=0))], toy.adjacency)
    start = np.eye(2)[np.where(rng.random(900) < 0.3, 1 - toy.truth, toy.truth)]
    own = field.relax(start, 40, own_covariance=True).argmax(axis=1)
    assert adjusted_rand_score(toy.truth, own) > 0.9
    assert adjusted_rand_score(toy.truth, field.relax(start, 40).argmax(axis=1)) < 0.8


def test_covariance_of_small_domains_is_that_of_all(field, toy, monkeypatch):
    from spamca.guide import relaxation as module

    monkeypatch.setattr(module, "PRIOR", 1e9)
    start = np.eye(3)[toy.truth]
    np.testing.assert_allclose(field.relax(start, 3, own_covariance=True), field.relax(start, 3), atol=1e-4)


def test_coherence_by_hand(path):
    field = Field([Block(np.zeros((12, 1)))], path)
    assert field.coherence(np.zeros(12, dtype=int)) == 1
    assert field.coherence(np.repeat([0, 1, 0], 4)) == pytest.approx(9 / 11)
    assert field.coherence(np.arange(12) % 2) == 0
    assert Field([Block(np.zeros((12, 1)))], csr_matrix((12, 12))).coherence(np.zeros(12, dtype=int)) == 0


def test_objective_is_the_sum_and_prefers_the_truth(field, toy, spoilt, rng):
    expected = (
        field.parts(spoilt, 3)["log_likelihood"]
        + field.parts(spoilt, 3)["predicted"]
        + COHERENCE * field.coherence(spoilt)
    )
    assert field.objective(spoilt, 3) == pytest.approx(expected)
    values = [field.objective(p, 3) for p in (toy.truth, spoilt, rng.permutation(toy.truth))]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3


def test_parts_are_the_objective_apart(field, spoilt):
    assert field.parts(spoilt, 3) == pytest.approx(
        {
            "log_likelihood": field.parts(spoilt, 3)["log_likelihood"],
            "predicted": field.parts(spoilt, 3)["predicted"],
            "coherence": field.coherence(spoilt),
            "objective": field.objective(spoilt, 3),
        }
    )


def test_numbers_of_the_domains_do_not_matter(field, toy):
    assert field.objective(2 - toy.truth, 3) == pytest.approx(field.objective(toy.truth, 3))


def test_relaxing_mends_a_partition_and_rests(field, toy, spoilt):
    found = field.relax(np.eye(3)[spoilt], 40)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found.min() >= 0
    partition = found.argmax(axis=1)
    assert adjusted_rand_score(toy.truth, spoilt) < 0.8
    assert adjusted_rand_score(toy.truth, partition) > 0.9
    assert field.objective(partition, 3) > field.objective(spoilt, 3)
    np.testing.assert_array_equal(field.relax(found, 40).argmax(axis=1), partition)


def test_no_step_leaves_the_assignment(field, spoilt):
    np.testing.assert_array_equal(field.relax(np.eye(3)[spoilt], 0), np.eye(3)[spoilt])


def surrounded(toy):
    """A spot whose eight neighbours are all of its domain."""
    alike = toy.adjacency @ np.eye(3)[toy.truth]
    return int(np.flatnonzero(alike.max(axis=1) == 8)[0])


def test_spot_like_no_other_around_it_follows_its_neighbours(toy, block):
    spot = surrounded(toy)
    values = block.values.copy()
    values[spot] = values[toy.truth != toy.truth[spot]].mean(axis=0) * 3
    found = Field([Block(values)], toy.adjacency).relax(np.eye(3)[toy.truth], 40)
    assert found[spot].argmax() == toy.truth[spot]


def test_spot_without_features_follows_its_neighbours(toy, block):
    spot = surrounded(toy)
    present = np.arange(toy.n_spots) != spot
    field = Field([Block(block.values * present[:, None], present=present)], toy.adjacency)
    start = np.eye(3)[toy.truth]
    start[spot] = np.eye(3)[(toy.truth[spot] + 1) % 3]
    assert field.relax(start, 40)[spot].argmax() == toy.truth[spot]


def test_spot_without_neighbours_follows_its_features(toy, block):
    spot = surrounded(toy)
    cut = toy.adjacency.tolil()
    cut[spot], cut[:, spot] = 0, 0
    values = block.values.copy()
    other = (toy.truth[spot] + 1) % 3
    values[spot] = values[toy.truth == other].mean(axis=0)
    cut = cut.tocsr()
    cut.eliminate_zeros()
    assert Field([Block(values)], cut).relax(np.eye(3)[toy.truth], 40)[spot].argmax() == other


def test_few_spots_tell_what_all_are(field, toy):
    spots = np.arange(0, toy.n_spots, 4)
    found = field.spread(np.eye(3)[toy.truth[spots]], spots)
    assert found.shape == (toy.n_spots, 3)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_empty_domains_and_equal_features_stay_finite(toy):
    equal = Field([Block(np.zeros((toy.n_spots, 2)))], toy.adjacency)
    found = equal.relax(np.eye(5)[toy.truth], 5)
    assert np.isfinite(found).all()
    assert np.isfinite(equal.objective(toy.truth, 5))


def test_number_of_spots(field, toy):
    assert field.n_spots == toy.n_spots == 196
