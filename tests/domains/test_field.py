import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import multivariate_normal
from sklearn.metrics import adjusted_rand_score

from spamca.domains.components import Block, Components
from spamca.domains.field import Field
from spamca.domains.graph import Graph
from spamca.domains.settings import DomainSettings


@pytest.fixture
def values(toy):
    return toy.whitened(toy.features(6, 0.7)).blocks[0].values


@pytest.fixture
def field(toy, values):
    return Field(toy.having(values))


@pytest.fixture
def spoilt(toy, rng):
    """The truth, with another domain in one of five spots."""
    wrong = rng.random(toy.n_spots) < 0.2
    return np.where(wrong, (toy.truth + rng.integers(1, 3, toy.n_spots)) % 3, toy.truth)


def stepped(components, assignment, moments, *, own):
    """One step by the equations, with the library's normal density; the default settings are 4, 0.001 and 50."""
    log_p = np.zeros(assignment.shape)
    for block in components.blocks:
        (means, within), held = moments(block, assignment), block.there(assignment)
        for k, mean in enumerate(means):
            left = block.values - mean
            each = (50 * within + (left.T * held[:, k]) @ left) / (50 + held[:, k].sum()) if own else within
            density = multivariate_normal(mean, each).logpdf(block.values)
            log_p[:, k] += block.weight * block.there(density[:, None])[:, 0]
    p = np.exp(log_p)
    p /= p.sum(axis=1, keepdims=True)
    pull = components.graph.pull(4.0).astype(float)
    for _ in range(4):
        share = (0.001 + p) * np.exp(pull @ assignment)
        assignment = 0.5 * assignment + 0.5 * share / share.sum(axis=1, keepdims=True)
    return assignment


@pytest.mark.parametrize("own", [False, True])
def test_a_step_is_the_equation(toy, components, moments, rng, own):
    field = Field(components)
    for share in (0.05, 0.5, 1):
        start = (1 - share) * toy.member + share * rng.dirichlet(np.ones(3), toy.n_spots)
        found = (field.relax_own if own else field.relax)(start, 1, 0)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, stepped(components, start, moments, own=own), atol=5e-4)


def test_objective_is_the_equation(toy, components, moments, rng):
    """In double precision, from what the domain of a spot leaves of it, and what those of its neighbours do."""
    field, (row, column) = Field(components), toy.adjacency.nonzero()
    for partition in (toy.truth, rng.integers(3, size=toy.n_spots)):
        expected = {"log_likelihood": 0.0, "predicted": 0.0}
        for block, left in zip(components.blocks, field.unpredicted(partition, 3), strict=True):
            share, within = block.weight * block.size / toy.n_spots / 2, moments(block, np.eye(3)[partition])[1]
            for name, rest in (("log_likelihood", within), ("predicted", block.covariance(left))):
                expected[name] += share * (np.linalg.slogdet(block.total)[1] - np.linalg.slogdet(rest)[1])
        expected["coherence"] = (partition[row] == partition[column]).mean()
        expected["objective"] = sum(expected.values()) + 3 * expected["coherence"]
        assert field.parts(partition, 3) == pytest.approx(expected, abs=4e-4)
        assert field.objective(partition, 3) == field.parts(partition, 3)["objective"]
    whole = {"log_likelihood": 0, "predicted": 0, "coherence": 1, "objective": 4}
    assert field.parts(np.zeros(toy.n_spots, dtype=int), 1) == pytest.approx(whole, abs=4e-4)


def test_predicting_by_hand(path):
    values, partition, means = np.arange(12.0)[:, None] - 5.5, np.repeat([0, 1], 6), np.array([-3.0, 3.0])
    field = Field(Components((Block(values),), Graph(path)))
    # One of 11 edges gains 4 / 11 for each of 12 spots; the one neighbour of an end counts for two.
    expected = np.empty(12)
    for i in range(12):
        around = [j for j in (i - 1, i + 1) if 0 <= j < 12]
        pull = 4 * 12 / 11 * (22 / 12) / len(around)
        score = np.exp([pull * sum(partition[j] == k for j in around) for k in range(2)])
        expected[i] = values[i, 0] - score @ means / score.sum()
    np.testing.assert_allclose(field.unpredicted(partition, 2)[0][:, 0], expected)
    gain = 0.5 * np.log(values.var() / np.square(expected).mean())
    assert field.parts(partition, 2)["predicted"] == pytest.approx(gain, abs=1e-5)
    assert field.coherence(np.repeat([0, 1, 0], 4)) == pytest.approx(9 / 11)
    assert Field(Components((Block(values),), Graph(csr_matrix((12, 12))))).coherence(partition) == 0


def test_coherence_is_what_edges_within_domains_gain(toy, values, field, spoilt):
    """In the objective and in the pull of neighbours, by the settings or by the argument."""
    smooth, bare = (Field(toy.having(values, settings=DomainSettings(coherence=c))) for c in (8.0, 0.0))
    again, start = Field(toy.having(values), coherence=8.0), np.eye(3)[spoilt]
    parts = smooth.parts(spoilt, 3)
    assert again.parts(spoilt, 3) == parts
    assert parts["objective"] == pytest.approx(parts["log_likelihood"] + parts["predicted"] + 8 * parts["coherence"])
    np.testing.assert_array_equal(smooth.relax(start, 5), again.relax(start, 5))
    found = [own.coherence(own.relax(start, 40).argmax(axis=1)) for own in (bare, field, smooth)]
    assert found[0] < found[1] <= found[2]


def test_relaxing_mends_a_partition_and_rests(toy, field, spoilt, rng):
    """Known Gaussians, or the domains of some spots, give the domains of all."""
    start = np.eye(3, dtype=np.float32)[spoilt]
    before, found = start.copy(), field.relax(start, 40)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found.min() >= 0
    partition = found.argmax(axis=1)
    assert adjusted_rand_score(toy.truth, partition) > 0.9 > 0.8 > adjusted_rand_score(toy.truth, spoilt)
    scores = [field.objective(p, 3) for p in (toy.truth, spoilt, rng.permutation(toy.truth))]
    assert scores[0] > scores[1] > scores[2]
    assert field.objective(2 - toy.truth, 3) == pytest.approx(scores[0], abs=1e-5)
    np.testing.assert_array_equal(field.relax(found, 40).argmax(axis=1), partition)
    np.testing.assert_array_equal(start, before)
    np.testing.assert_array_equal(field.relax(start, 40), found)
    np.testing.assert_array_equal(field.relax(start, 0), start)
    known, spots = field.emission.gaussians(toy.member), np.arange(0, toy.n_spots, 4)
    for found in (field.relax_known(known, 40, 1e-4), field.spread(toy.member[spots], spots)):
        assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.9
    np.testing.assert_array_equal(field.relax_known(known, 0, 1e-4), field.emission.under(known))


def test_spot_follows_its_neighbours_where_features_say_nothing_and_else_its_features(toy, values):
    """Of odd or no features among eight neighbours of its domain, or without neighbours."""
    spot = int(np.flatnonzero((toy.adjacency @ toy.member).max(axis=1) == 8)[0])
    own, other = toy.truth[spot], (toy.truth[spot] + 1) % 3
    odd, like, start, present = values.copy(), values.copy(), toy.member, np.arange(toy.n_spots) != spot
    odd[spot] = values[toy.truth != own].mean(axis=0) * 3
    like[spot] = values[toy.truth == other].mean(axis=0)
    start[spot] = np.eye(3)[other]
    lacking = toy.having(Block(values * present[:, None], present=present))
    cut = Graph(csr_matrix(toy.adjacency.multiply(np.outer(present, present))))
    for given, first, expected in (
        (toy.having(odd), toy.member, own),
        (lacking, start, own),
        (Components((Block(like),), cut), toy.member, other),
    ):
        assert Field(given).relax(first, 40)[spot].argmax() == expected


def test_empty_domains_equal_features_and_outliers_stay_finite(toy, values):
    values[3] = 1e6
    for own in (np.zeros((toy.n_spots, 2)), values):
        field = Field(toy.having(own))
        for relax in (field.relax, field.relax_own):
            assert np.isfinite(relax(np.eye(5)[toy.truth], 5)).all()
        assert np.isfinite(field.objective(toy.truth, 5))
