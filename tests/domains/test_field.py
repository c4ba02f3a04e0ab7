from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, Block, DomainSettings, noise_whitened
from spamca.domains.field import Field


@pytest.fixture(scope="module")
def fielded(together):
    return lambda blocks, adjacency, settings=DEFAULTS: Field(together(blocks, adjacency, settings))


@pytest.fixture
def block(toy):
    return Block(noise_whitened(toy.features(), toy.adjacency))


@pytest.fixture
def field(toy, block, fielded):
    return fielded([block], toy.adjacency)


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


def test_likelihood_is_raised_to_the_weight(toy, block, fielded):
    twice = fielded([Block(block.values, 2.0)], toy.adjacency)
    both = fielded([block, block], toy.adjacency)
    single = fielded([block], toy.adjacency).parts(toy.truth, 3)["log_likelihood"]
    assert twice.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(2 * single)
    assert both.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(2 * single)


def test_modality_counts_as_far_as_spots_have_it(toy, block, fielded):
    """Two halves, each with the modality, are worth one modality of all spots."""
    first = np.arange(toy.n_spots) % 2 == 0
    halves = fielded([Block(block.values * own[:, None], present=own) for own in (first, ~first)], toy.adjacency)
    whole = fielded([block], toy.adjacency)
    assert halves.parts(toy.truth, 3)["log_likelihood"] == pytest.approx(
        whole.parts(toy.truth, 3)["log_likelihood"], rel=0.1
    )
    assert halves.parts(toy.truth, 3)["predicted"] == pytest.approx(whole.parts(toy.truth, 3)["predicted"], rel=0.1)


def test_predicting_by_hand(path, fielded):
    values = np.arange(12.0)[:, None] - 5.5
    field = fielded([Block(values)], path)
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


def test_spread_alone_tells_domains_apart(make_toy, rng, fielded):
    """Two domains of one mean: a shared covariance cannot tell them, one for each can."""
    toy = make_toy(30, 30, 2)
    values = rng.normal(size=(900, 3)) * np.where(toy.truth == 1, 3, 1)[:, None]
    field = fielded([Block(values - values.mean(axis=0))], toy.adjacency)
    start = np.eye(2)[np.where(rng.random(900) < 0.3, 1 - toy.truth, toy.truth)]
    own = field.relax_own(start, 40).argmax(axis=1)
    assert adjusted_rand_score(toy.truth, own) > 0.9
    assert adjusted_rand_score(toy.truth, field.relax(start, 40).argmax(axis=1)) < 0.8


def test_covariance_of_small_domains_is_that_of_all(block, toy, fielded):
    field, start = fielded([block], toy.adjacency, DomainSettings(prior_spots=1e9)), np.eye(3)[toy.truth]
    np.testing.assert_allclose(field.relax_own(start, 3), field.relax(start, 3), atol=1e-4)


def test_coherence_by_hand(path, fielded):
    field = fielded([Block(np.zeros((12, 1)))], path)
    assert field.coherence(np.zeros(12, dtype=int)) == 1
    assert field.coherence(np.repeat([0, 1, 0], 4)) == pytest.approx(9 / 11)
    assert field.coherence(np.arange(12) % 2) == 0
    assert fielded([Block(np.zeros((12, 1)))], csr_matrix((12, 12))).coherence(np.zeros(12, dtype=int)) == 0


def test_objective_is_the_sum_and_prefers_the_truth(field, toy, spoilt, rng):
    expected = (
        field.parts(spoilt, 3)["log_likelihood"]
        + field.parts(spoilt, 3)["predicted"]
        + DEFAULTS.coherence * field.coherence(spoilt)
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


def test_spot_like_no_other_around_it_follows_its_neighbours(toy, block, fielded):
    spot = surrounded(toy)
    values = block.values.copy()
    values[spot] = values[toy.truth != toy.truth[spot]].mean(axis=0) * 3
    found = fielded([Block(values)], toy.adjacency).relax(np.eye(3)[toy.truth], 40)
    assert found[spot].argmax() == toy.truth[spot]


def test_spot_without_features_follows_its_neighbours(toy, block, fielded):
    spot = surrounded(toy)
    present = np.arange(toy.n_spots) != spot
    field = fielded([Block(block.values * present[:, None], present=present)], toy.adjacency)
    start = np.eye(3)[toy.truth]
    start[spot] = np.eye(3)[(toy.truth[spot] + 1) % 3]
    assert field.relax(start, 40)[spot].argmax() == toy.truth[spot]


def test_spot_without_neighbours_follows_its_features(toy, block, fielded):
    spot = surrounded(toy)
    cut = toy.adjacency.tolil()
    cut[spot], cut[:, spot] = 0, 0
    values = block.values.copy()
    other = (toy.truth[spot] + 1) % 3
    values[spot] = values[toy.truth == other].mean(axis=0)
    cut = cut.tocsr()
    cut.eliminate_zeros()
    assert fielded([Block(values)], cut).relax(np.eye(3)[toy.truth], 40)[spot].argmax() == other


def test_few_spots_tell_what_all_are(field, toy):
    spots = np.arange(0, toy.n_spots, 4)
    found = field.spread(np.eye(3)[toy.truth[spots]], spots)
    assert found.shape == (toy.n_spots, 3)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9


def test_empty_domains_and_equal_features_stay_finite(toy, fielded):
    equal = fielded([Block(np.zeros((toy.n_spots, 2)))], toy.adjacency)
    found = equal.relax(np.eye(5)[toy.truth], 5)
    assert np.isfinite(found).all()
    assert np.isfinite(equal.objective(toy.truth, 5))


def by_hand(field, partition, n_domains):
    """Both gains in double precision, from what is left itself."""
    member, known, predicted = np.eye(n_domains)[partition], 0.0, 0.0
    for block, left in zip(field.blocks, field.unpredicted(partition, n_domains), strict=True):
        has = np.ones(len(left)) if block.present is None else block.present
        apart = (block.values - member @ block.means(member)) * has[:, None]
        whole = np.linalg.slogdet(block.total)[1]
        share = block.weight * has.sum() / len(left) / 2
        known += share * (whole - np.linalg.slogdet(block.covariance(apart))[1])
        predicted += share * (whole - np.linalg.slogdet(block.covariance(left))[1])
    return known, predicted


def test_gains_are_those_of_what_is_left(blocks, toy, rng, fielded):
    field = fielded(blocks, toy.adjacency)
    for partition in (toy.truth, rng.integers(3, size=toy.n_spots)):
        parts, (known, predicted) = field.parts(partition, 3), by_hand(field, partition, 3)
        assert parts["log_likelihood"] == pytest.approx(known, abs=2e-4)
        assert parts["predicted"] == pytest.approx(predicted, abs=2e-4)


@pytest.mark.parametrize("own", [False, True])
def test_a_step_is_the_equation(field, toy, rng, own):
    """Four half steps with the emissions held, from a soft assignment."""
    start = rng.dirichlet(np.ones(3), toy.n_spots).astype(np.float32)
    emission = field.emission
    p = emission.under(emission.gaussians(start)) if own else emission.probabilities(start[:, :, None])[:, :, 0]
    pull, expected = field.components.graph.pull(DEFAULTS.coherence), start
    for _ in range(4):
        share = (DEFAULTS.outlier + p) * np.exp(pull @ expected)
        expected = 0.5 * expected + 0.5 * share / share.sum(axis=1, keepdims=True)
    found = field.relax_own(start, 1) if own else field.relax(start, 1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_coherence_is_what_the_settings_say(block, toy, fielded, spoilt):
    """More of it makes smoother domains; by default all edges within domains gain 4 nats per spot."""
    assert DEFAULTS.coherence == 4
    rough = fielded([block], toy.adjacency, DomainSettings(coherence=0.1)).relax(np.eye(3)[spoilt], 40)
    smooth = fielded([block], toy.adjacency).relax(np.eye(3)[spoilt], 40)
    field = fielded([block], toy.adjacency)
    assert field.coherence(smooth.argmax(axis=1)) > field.coherence(rough.argmax(axis=1)) + 0.05


def test_domains_that_are_known_stay(field, toy):
    known = field.emission.gaussians(np.eye(3, dtype=np.float32)[toy.truth])
    found = field.relax_known(known, 100, 1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9
