from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.domains import Domains, DomainSettings, find_domains, noise_whitened, shares
from spamca.domains.continuity import continuity
from spamca.domains.field import Field
from spamca.domains.find import blended
from spamca.domains.gaussians import Emission


@pytest.fixture(scope="module")
def two(toy):
    """Two modalities that see the same domains."""
    return [toy.features(6, 0.8, seed=3), toy.features(4, 0.8, seed=2)]


@pytest.fixture(scope="module")
def found(toy, two):
    return find_domains(two, toy.adjacency, 3)


@pytest.fixture(scope="module")
def smooth(make_toy):
    """Tissue within whose domains all modalities vary smoothly, two modalities of it, and its domains."""
    toy = make_toy(24, 24, 3, seed=2)
    features = [toy.features(6, 0.5) + 0.7 * toy.texture(6, 2), toy.features(5, 0.5, seed=2) + toy.texture(5, 4, 4)]
    return toy, features, find_domains(features, toy.adjacency, 3)


@pytest.fixture(scope="module")
def mixed(make_toy):
    """A modality that shows four domains, and one that is smooth without them."""
    toy = make_toy(24, 24, 4)
    features = [toy.features(6, 0.5), toy.texture() + 0.2 * np.random.default_rng(5).normal(size=(toy.n_spots, 6))]
    return toy, features, find_domains(features, toy.adjacency, 4)


@pytest.fixture
def lacking(toy):
    """A quarter of the spots lacks the second modality, and others a few of the first."""
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[:49, 1] = False
    present[100:110, 0] = False
    return present


def same(first: Domains, other: Domains) -> float:
    return adjusted_rand_score(first.assignment.argmax(axis=1), other.assignment.argmax(axis=1))


def agree(truth, found: Domains) -> float:
    return adjusted_rand_score(truth, found.assignment.argmax(axis=1))


def check(found: Domains, n, n_domains, fewest=None):
    n_found = found.assignment.shape[1]
    assert (n_domains if fewest is None else fewest) <= n_found <= n_domains
    assert found.assignment.shape == (n, n_found)
    assert found.assignment.dtype == np.float32
    assert found.assignment.min() >= 0
    np.testing.assert_allclose(found.assignment.sum(axis=1), 1, rtol=1e-5)
    assert found.shares.shape == (n, len(found.weights))
    np.testing.assert_allclose(found.shares.sum(axis=1), 1, rtol=1e-6)
    if found.record:
        size = np.bincount(found.assignment.argmax(axis=1), minlength=n_found)
        assert size.min() > 0, "domains without spots are left out"
        assert (np.diff(size) <= 0).all(), "domains are numbered by size"


def test_finds_the_domains(toy, two, found):
    check(found, 196, 3)
    assert agree(toy.truth, found) > 0.9
    assert (np.diff(np.bincount(found.assignment.argmax(axis=1))) < 0).all()
    alone = find_domains(two[:1], toy.adjacency, 3)
    check(alone, 196, 3)
    assert agree(toy.truth, alone) > 0.8


def test_posterior_is_that_of_the_features(found):
    """Each column is the domain whose spots its probabilities are of: the model keeps them where they are."""
    field = Field(found.components)
    again = field.relax_own(found.assignment, 5)
    np.testing.assert_allclose(again, found.assignment, atol=0.2)
    assert np.abs(again - found.assignment).mean() < 0.01
    by_features = field.emission.under(field.emission.gaussians(found.assignment))
    assert np.corrcoef(by_features.ravel(), found.assignment.ravel())[0, 1] > 0.8


def test_record_is_that_of_the_assignment(toy, two, found):
    partition = found.assignment.argmax(axis=1)
    assert all(type(value) is float for value in found.record.values())
    row, column = toy.adjacency.nonzero()
    assert found.record["coherence"] == pytest.approx((partition[row] == partition[column]).mean())
    expected = found.record["log_likelihood"] + found.record["predicted"] + 4 * found.record["coherence"]
    assert found.record["objective"] == pytest.approx(expected)
    r = sum(noise_whitened(values, toy.adjacency).shape[1] for values in two)
    extra = {"n_parameters": 2.0 + 3 * r, "continuity": continuity(found.components, partition)}
    assert found.record == pytest.approx({**Field(found.components).parts(partition, 3), **extra})


def test_shares_are_those_of_the_assignment(found, smooth):
    np.testing.assert_array_equal(found.shares, shares(found.components, found.assignment, 2))
    _, _, mixture = smooth
    spread = mixture.components.with_surroundings(mixture.hops)
    np.testing.assert_array_equal(mixture.shares, shares(spread, mixture.assignment, 2, noise=0.03))
    assert found.shares.std(axis=0).min() > 0.02, "spots differ in what each modality shows"


@pytest.mark.parametrize("sign", [1, -1])
def test_domains_of_one_size_are_numbered_by_their_first_spot(path, rng, sign):
    sides = sign * np.repeat([1, 0], 6)
    found = find_domains([sides[:, None] + 0.1 * rng.normal(size=(12, 1))], path, 2)
    np.testing.assert_array_equal(found.assignment.argmax(axis=1), np.repeat([0, 1], 6))


def test_seeds_end_at_the_same_domains(toy, two, found, smooth):
    for seed in (1, 2):
        other = find_domains(two, toy.adjacency, 3, random_state=seed)
        assert other.record["objective"] == pytest.approx(found.record["objective"], abs=1e-3)
        assert same(other, found) > 0.97
        tissue, features, first = smooth
        assert same(first, find_domains(features, tissue.adjacency, 3, random_state=seed)) > 0.9


def test_same_seed_gives_the_same_bits_and_leaves_input_filters_and_global_state(toy, two, found):
    np.random.seed(5)  # noqa: NPY002 the global state itself is under test
    before, filters = np.random.get_state()[1].copy(), list(warnings.filters)  # noqa: NPY002
    features, adjacency = [values.copy() for values in two], toy.adjacency.copy()
    again = find_domains(features, adjacency, 3)
    np.testing.assert_array_equal(again.assignment, found.assignment)
    np.testing.assert_array_equal(again.shares, found.shares)
    assert again.record == found.record
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert warnings.filters == filters
    np.testing.assert_array_equal(features[0], two[0])
    assert (adjacency != toy.adjacency).nnz == 0


def test_order_of_modalities_features_and_their_units_do_not_matter(toy, two, found):
    other = find_domains([1e4 * two[1] - 3, two[0][:, ::-1]], toy.adjacency, 3)
    assert other.record["objective"] == pytest.approx(found.record["objective"], abs=1e-3)
    assert (other.assignment.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.99
    np.testing.assert_allclose(other.shares[:, ::-1].mean(axis=0), found.shares.mean(axis=0), atol=0.02)


def test_order_of_spots_does_not_matter(toy, two, found, smooth, rng):
    for tissue, features, first in ((toy, two, found), smooth):
        order = rng.permutation(tissue.n_spots)
        other = find_domains([values[order] for values in features], tissue.adjacency[order][:, order], 3)
        assert adjusted_rand_score(first.assignment.argmax(axis=1)[order], other.assignment.argmax(axis=1)) > 0.95


def test_modalities_that_complement_each_other(make_toy, rng):
    """Each shows one border, counts in full, and has the larger share along its own."""
    toy = make_toy(20, 20, 1)
    y, x = np.divmod(np.arange(400), 20)
    features = [2 * half[:, None] + 0.5 * rng.normal(size=(400, 2)) for half in (y >= 10, x >= 10)]
    found = find_domains(features, toy.adjacency, 4)
    np.testing.assert_array_equal(found.weights, [1, 1])
    assert found.hops == (0,)
    truth = 2 * (y >= 10) + (x >= 10)
    assert agree(truth, found) > 0.95
    assert agree(truth, find_domains(features[:1], toy.adjacency, 4)) < 0.7
    assert found.shares[np.isin(y, (9, 10)) & ~np.isin(x, range(6, 14)), 0].mean() > 0.7
    assert found.shares[np.isin(x, (9, 10)) & ~np.isin(y, range(6, 14)), 1].mean() > 0.7


def test_modality_of_noise_changes_nothing(toy, two, rng):
    noise = rng.normal(size=(toy.n_spots, 8))
    alone, both = (find_domains(own, toy.adjacency, 3) for own in (two[:1], [two[0], noise]))
    assert both.record == pytest.approx(alone.record, abs=1e-3)
    assert same(alone, both) > 0.99
    np.testing.assert_array_equal(both.weights, [1, 0])
    assert np.isnan(both.inflation[1])
    np.testing.assert_array_equal(both.shares, np.tile([1, 0], (toy.n_spots, 1)))


def test_smooth_modality_without_domains_hardly_counts(mixed):
    toy, _, found = mixed
    assert found.weights[0] == 1
    assert found.weights[1] < 0.1
    assert found.inflation[1] > 4 * found.inflation[0]
    assert found.shares[:, 1].mean() < 0.05
    assert agree(toy.truth, found) > 0.95


def test_weights_that_are_given_replace_those_that_are_measured(mixed):
    toy, features, measured = mixed
    found = find_domains(features, toy.adjacency, 4, weights=[None, 1])
    np.testing.assert_array_equal(found.weights, [1, 1])
    np.testing.assert_array_equal(found.inflation, measured.inflation)
    assert found.shares[:, 1].mean() > measured.shares[:, 1].mean()
    again = find_domains(features, toy.adjacency, 4, weights=[None, measured.weights[1]])
    np.testing.assert_array_equal(again.assignment, measured.assignment)


def test_weights_decide_between_modalities_that_disagree(make_toy, rng):
    toy = make_toy(16, 16, 1)
    sides = [side >= 8 for side in np.divmod(np.arange(256), 16)]
    features = [side[:, None] + 0.3 * rng.normal(size=(256, 3)) for side in sides]
    for side, weights in zip(sides, ([1, 0.25], [0.25, 1]), strict=True):
        assert agree(side, find_domains(features, toy.adjacency, 2, weights=weights)) > 0.95


def test_modality_of_weight_zero_is_not_read(toy, two, make_toy):
    other = make_toy(14, 14, 3, seed=9).features(6, 0.1)
    alone = find_domains(two[:1], toy.adjacency, 3)
    both = find_domains([two[0], other], toy.adjacency, 3, weights=[1, 0])
    assert both.record == pytest.approx(alone.record, abs=1e-3)
    assert same(alone, both) > 0.99
    np.testing.assert_allclose(find_domains(two, toy.adjacency, 3, weights=[0, 0]).assignment, 1 / 3)


def test_where_spots_are_independent_a_field_reads_them_alone(found, smooth):
    """Elsewhere a mixture reads them with their surroundings, from where another step hardly moves it."""
    assert found.hops == (0,)
    toy, _, mixture = smooth
    assert mixture.hops == (0, 1, 2, 8)
    check(mixture, toy.n_spots, 3)
    assert agree(toy.truth, mixture) > 0.6
    emission = Emission(mixture.components.with_surroundings(mixture.hops), noise=0.03)
    again = emission.mixture(mixture.assignment[:, :, None], 1, 0.0)[:, :, 0]
    assert np.abs(again - mixture.assignment).mean() < 0.01


def test_settings_reach_the_search(toy, two, found):
    by = {name: find_domains(two, toy.adjacency, 3, settings=DomainSettings(**own)) for name, own in {
        "strict": {"min_autocorrelation": 0.99},
        "surrounded": {"independent_inflation": 0.5},
        "strong": {"coherence": 40.0},
    }.items()}  # fmt: skip
    assert by["strict"].record == {}
    assert by["surrounded"].hops == (0, 1, 2, 8)
    assert by["strong"].record["coherence"] > found.record["coherence"]


def test_domains_without_spots_are_left_out_and_reported(toy, two, caplog):
    with caplog.at_level("INFO", "spamca"):
        found = find_domains(two, toy.adjacency, 5)
    check(found, 196, 5, fewest=3)
    n_found = found.assignment.shape[1]
    assert n_found < 5
    assert f"only {n_found} of 5 hold spots" in caplog.text
    r = sum(block.values.shape[1] for block in found.components.blocks)
    assert found.record["n_parameters"] == n_found - 1 + n_found * r


def test_noise_alone_gives_no_domains_and_a_warning(toy, rng, caplog):
    with caplog.at_level("WARNING", "spamca"):
        found = find_domains([rng.normal(size=(toy.n_spots, 4))], toy.adjacency, 3)
    np.testing.assert_allclose(found.assignment, 1 / 3)
    assert found.record == {}
    assert found.components.blocks == ()
    np.testing.assert_array_equal(found.weights, [0])
    assert np.isnan(found.inflation).all()
    np.testing.assert_array_equal(found.shares, 1)
    assert "neighbours share nothing in any modality" in caplog.text


def test_spots_may_lack_a_modality_and_missing_rows_are_not_read(toy, two, lacking):
    found = find_domains(two, toy.adjacency, 3, present=lacking)
    check(found, 196, 3)
    assert agree(toy.truth, found) > 0.65
    np.testing.assert_array_equal(found.shares[~lacking], 0)
    assert (found.shares[lacking] > 0).all()
    with_nan = [np.where(lacking[:, [m]], values, np.nan) for m, values in enumerate(two)]
    np.testing.assert_array_equal(
        find_domains(with_nan, toy.adjacency, 3, present=lacking).assignment, found.assignment
    )


def test_spot_that_lacks_all_has_no_shares(toy, two, lacking):
    lacking[150:155] = False
    found = find_domains(two, toy.adjacency, 3, present=lacking)
    np.testing.assert_array_equal(found.shares[150:155], 0)
    np.testing.assert_allclose(np.delete(found.shares, np.s_[150:155], axis=0).sum(axis=1), 1, rtol=1e-6)


def test_mask_without_a_gap_is_as_none(toy, two, found):
    full = find_domains(two, toy.adjacency, 3, present=np.ones((196, 2), dtype=bool))
    np.testing.assert_array_equal(full.assignment, found.assignment)


def test_modality_of_spots_without_neighbours_does_not_count(toy, two, rng):
    """On every other row and column no two spots of it touch."""
    y, x = np.divmod(np.arange(toy.n_spots), 14)
    for second in ((y % 2 == 0) & (x % 2 == 0), np.zeros(toy.n_spots, dtype=bool)):
        present = np.column_stack([np.ones(toy.n_spots, dtype=bool), second])
        loud = 1e5 * rng.normal(size=(toy.n_spots, 8))
        assert agree(toy.truth, find_domains([two[0], loud], toy.adjacency, 3, present=present)) > 0.9


@pytest.mark.parametrize(("n_domains", "fewest"), [(1, 1), (2, 2), (5, 3)])
def test_any_number_of_domains(toy, two, n_domains, fewest):
    """Domains that the tissue does not have may be left out."""
    found = find_domains(two, toy.adjacency, n_domains)
    check(found, 196, n_domains, fewest)
    assert bool(found.record) is (n_domains > 1)


@pytest.mark.parametrize("n_domains", [2, 3, 11, 12])
def test_twelve_spots(path, rng, n_domains):
    sides = np.repeat([0, 1], 6)
    found = find_domains([sides[:, None] + 0.1 * rng.normal(size=(12, 1))], path, n_domains)
    check(found, 12, n_domains, fewest=2)
    assert found.record["n_parameters"] == 2 * found.assignment.shape[1] - 1
    if n_domains == 2:
        assert agree(sides, found) == 1


def test_without_edges_or_variation_there_are_no_domains(toy, two, rng):
    none, constant = csr_matrix((196, 196)), np.full((196, 3), 0.1)
    for found in (find_domains(two, none, 3), find_domains([constant], toy.adjacency, 3)):
        np.testing.assert_allclose(found.assignment, 1 / 3)
        assert found.record == {}
    check(find_domains([rng.normal(size=(12, 3))], csr_matrix((12, 12)), 12), 12, 12)


@pytest.mark.parametrize("with_gap", [False, True])
def test_constant_modality_next_to_another(toy, two, with_gap):
    present = np.ones((196, 2), dtype=bool)
    present[:49, 0] = not with_gap
    found = find_domains([np.full((196, 3), 0.1), two[0]], toy.adjacency, 3, present=present)
    assert same(found, find_domains([two[0]], toy.adjacency, 3)) > 0.99


def test_spots_that_coincide(toy):
    """Two at each place, with the same features: linked to each other and to the neighbours of both."""
    double = np.repeat(np.arange(196), 2)
    links = toy.adjacency.tolil()
    links.setdiag(1)
    links = links.tocsr()[double][:, double].tolil()
    links.setdiag(0)
    links = links.tocsr()
    links.eliminate_zeros()
    found = find_domains([toy.features(6, 0.5)[double]], links, 3)
    check(found, 392, 3)
    assert agree(toy.truth[double], found) > 0.9
    np.testing.assert_array_equal(found.assignment[::2].argmax(axis=1), found.assignment[1::2].argmax(axis=1))


def test_fewer_distinct_spots_than_domains(path):
    found = find_domains([np.repeat([[0.0], [1.0]], 6, axis=0)], path, 4)
    check(found, 12, 4, fewest=2)
    partition = found.assignment.argmax(axis=1)
    assert not set(partition[:6]) & set(partition[6:])


def test_pieces_without_a_link(make_toy):
    """Two halves, and a spot alone."""
    toy = make_toy(10, 10, 3)
    values, cut = toy.features(6, 0.5), toy.adjacency.tocoo()
    keep = (cut.row < 50) == (cut.col < 50)
    pieces = csr_matrix((cut.data[keep], (cut.row[keep], cut.col[keep])), (101, 101))
    found = find_domains([np.vstack([values, values[:1]])], pieces, 3)
    check(found, 101, 3)
    assert adjusted_rand_score(toy.truth, found.assignment[:100].argmax(axis=1)) > 0.85


@pytest.mark.parametrize("with_gap", [False, True])
def test_of_large_tissue_a_sample_is_searched(toy, two, lacking, found, with_gap):
    present = lacking if with_gap else None
    large = find_domains(two, toy.adjacency, 3, present=present, settings=DomainSettings(n_fitted=120))
    check(large, 196, 3)
    assert agree(toy.truth, large) > (0.65 if with_gap else 0.85)
    assert not np.array_equal(large.assignment, found.assignment)


def test_twelve_thousand_spots(make_toy):
    toy = make_toy(100, 120, 5)
    found = find_domains([toy.features(8, 1.5)], toy.adjacency, 5)
    check(found, 12_000, 5)
    assert agree(toy.truth, found) > 0.9


def test_assignments_are_averaged_domain_by_domain(rng):
    first = rng.dirichlet([0.2] * 3, size=50)
    np.testing.assert_allclose(blended(first, [first[:, [2, 0, 1]], first[:, [1, 0, 2]]]), first)
    fewer = np.eye(2)[np.argmax(first[:, :2], axis=1)]
    np.testing.assert_allclose(blended(first, [fewer]).sum(axis=1), 1)
