from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, Domains, DomainSettings, find_domains, noise_whitened
from spamca.domains.find import blended
from spamca.domains.gaussians import Emission


@pytest.fixture(scope="module")
def two(toy):
    """Two modalities that see the same domains."""
    return [toy.features(6, 0.8, seed=3), toy.features(4, 0.8, seed=2)]


@pytest.fixture(scope="module")
def found(toy, two):
    return find_domains(two, toy.adjacency, 3)


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
        assert len(np.unique(found.assignment.argmax(axis=1))) == n_found, "domains without spots are left out"


def test_finds_the_domains(toy, found):
    check(found, 196, 3)
    assert agree(toy.truth, found) > 0.9


def test_record(toy, two, found):
    assert set(found.record) == {
        "log_likelihood",
        "predicted",
        "coherence",
        "objective",
        "n_parameters",
        "continuity",
    }
    assert all(type(value) is float for value in found.record.values())
    partition = found.assignment.argmax(axis=1)
    row, column = toy.adjacency.nonzero()
    assert found.record["coherence"] == pytest.approx((partition[row] == partition[column]).mean())
    expected = (
        found.record["log_likelihood"] + found.record["predicted"] + DEFAULTS.coherence * found.record["coherence"]
    )
    assert found.record["objective"] == pytest.approx(expected)
    r = sum(noise_whitened(values, toy.adjacency).shape[1] for values in two)
    assert found.record["n_parameters"] == 2 + 3 * r


def test_domains_are_numbered_by_size(toy, two, found):
    size = np.bincount(found.assignment.argmax(axis=1), minlength=3)
    assert (np.diff(size) <= 0).all()
    more = find_domains(two, toy.adjacency, 5).assignment.argmax(axis=1)
    assert (np.diff(np.bincount(more)) <= 0).all()


def test_domains_of_one_size_are_numbered_by_their_first_spot(path):
    sides = np.repeat([1, 0], 6)
    for values in (sides, -sides):
        found = find_domains([values[:, None] + 0.1 * np.random.default_rng(0).normal(size=(12, 1))], path, 2)
        np.testing.assert_array_equal(found.assignment.argmax(axis=1), np.repeat([0, 1], 6))


def test_seeds_end_at_the_same_domains(toy, two, found):
    for seed in (1, 2):
        other = find_domains(two, toy.adjacency, 3, random_state=seed)
        assert other.record["objective"] == pytest.approx(found.record["objective"], abs=1e-3)
        assert adjusted_rand_score(other.assignment.argmax(axis=1), found.assignment.argmax(axis=1)) > 0.97


def test_same_seed_gives_the_same_bits(toy, two, found):
    again = find_domains(two, toy.adjacency, 3)
    np.testing.assert_array_equal(again.assignment, found.assignment)
    assert again.record == found.record


def test_global_random_state_and_input_are_left(toy, two):
    np.random.seed(5)  # noqa: NPY002 the global state itself is under test
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    features, adjacency = [values.copy() for values in two], toy.adjacency.copy()
    find_domains(features, adjacency, 3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    for values, given in zip(features, two, strict=True):
        np.testing.assert_array_equal(values, given)
    assert (adjacency != toy.adjacency).nnz == 0


def test_one_modality(toy, two):
    alone = find_domains(two[:1], toy.adjacency, 3)
    check(alone, 196, 3)
    assert agree(toy.truth, alone) > 0.8


def test_two_modalities_show_more_than_one(make_toy):
    """Each shows one border: the first the upper half from the lower, the second left from right."""
    toy = make_toy(16, 16, 1)
    y, x = np.divmod(np.arange(256), 16)
    rng = np.random.default_rng(0)
    features = [
        np.column_stack([2 * half + 0.5 * rng.normal(size=256), rng.normal(size=256)]) for half in (y >= 8, x >= 8)
    ]
    truth = 2 * (y >= 8) + (x >= 8)
    assert agree(truth, find_domains(features, toy.adjacency, 4)) > 0.95
    assert agree(truth, find_domains(features[:1], toy.adjacency, 4)) < 0.7


def test_order_of_modalities_and_their_units_do_not_matter(toy, two, found):
    other = find_domains([1e4 * two[1] - 3, two[0]], toy.adjacency, 3)
    assert other.record["objective"] == pytest.approx(found.record["objective"], abs=1e-3)
    assert (other.assignment.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.99


def test_order_of_spots_does_not_matter(toy, two, found, rng):
    order = rng.permutation(toy.n_spots)
    other = find_domains([values[order] for values in two], toy.adjacency[order][:, order], 3)
    assert adjusted_rand_score(other.assignment.argmax(axis=1), found.assignment.argmax(axis=1)[order]) > 0.97


def test_modality_of_spots_without_neighbours_has_no_say(toy, two, rng):
    """On every other row and column no two spots of it touch."""
    y, x = np.divmod(np.arange(toy.n_spots), 14)
    present = np.column_stack([np.ones(toy.n_spots, dtype=bool), (y % 2 == 0) & (x % 2 == 0)])
    found = find_domains([two[0], 1e5 * rng.normal(size=(toy.n_spots, 8))], toy.adjacency, 3, present=present)
    assert agree(toy.truth, found) > 0.9
    nobody = np.column_stack([present[:, 0], np.zeros(toy.n_spots, dtype=bool)])
    assert agree(toy.truth, find_domains([two[0], two[1]], toy.adjacency, 3, present=nobody)) > 0.9


def test_domains_without_spots_are_left_out_and_logged(toy, two, caplog):
    with caplog.at_level("INFO", "spamca"):
        found = find_domains(two, toy.adjacency, 5)
    check(found, 196, 5, fewest=3)
    n_found = found.assignment.shape[1]
    assert n_found < 5
    assert f"only {n_found} of 5 hold spots" in caplog.text
    r = sum(block.values.shape[1] for block in found.components.blocks)
    assert found.record["n_parameters"] == n_found - 1 + n_found * r


def test_noise_alone_gives_no_domains_and_is_logged(toy, rng, caplog):
    with caplog.at_level("WARNING", "spamca"):
        found = find_domains([rng.normal(size=(toy.n_spots, 4))], toy.adjacency, 3)
    np.testing.assert_allclose(found.assignment, 1 / 3)
    assert found.record == {}
    assert found.components.blocks == ()
    np.testing.assert_array_equal(found.weights, [0])
    assert np.isnan(found.inflation).all()
    np.testing.assert_array_equal(found.shares, 1)
    assert "neighbours share nothing in any modality" in caplog.text


def test_modality_of_noise_changes_nothing(toy, two, rng):
    noise = rng.normal(size=(toy.n_spots, 8))
    assert noise_whitened(noise, toy.adjacency).shape[1] == 0
    alone, both = find_domains(two[:1], toy.adjacency, 3), find_domains([two[0], noise], toy.adjacency, 3)
    assert both.record == pytest.approx(alone.record, abs=1e-3)
    assert adjusted_rand_score(*(f.assignment.argmax(axis=1) for f in (alone, both))) > 0.99
    np.testing.assert_array_equal(both.weights, [1, 0])
    assert np.isnan(both.inflation[1])
    np.testing.assert_array_equal(both.shares, np.tile([1, 0], (toy.n_spots, 1)))


def test_modalities_that_complement_each_other_count_in_full(make_toy):
    """Each shows one border, and the weight of each is largest along its own."""
    toy = make_toy(20, 20, 1)
    y, x = np.divmod(np.arange(400), 20)
    rng = np.random.default_rng(0)
    features = [2 * half[:, None] + 0.5 * rng.normal(size=(400, 2)) for half in (y >= 10, x >= 10)]
    found = find_domains(features, toy.adjacency, 4)
    np.testing.assert_array_equal(found.weights, [1, 1])
    assert found.hops == (0,)
    along_first = np.isin(y, (9, 10)) & ~np.isin(x, range(6, 14))
    along_second = np.isin(x, (9, 10)) & ~np.isin(y, range(6, 14))
    assert found.shares[along_first, 0].mean() > 0.7
    assert found.shares[along_second, 1].mean() > 0.7


@pytest.fixture(scope="module")
def next_to_texture(make_toy):
    """A modality that shows four domains, and one that is smooth and unrelated to them."""
    toy = make_toy(24, 24, 4)
    noise = 0.2 * np.random.default_rng(5).normal(size=(toy.n_spots, 6))
    return toy, [toy.features(6, 0.5), toy.texture() + noise]


def test_smooth_modality_without_domains_hardly_counts(next_to_texture):
    toy, features = next_to_texture
    found = find_domains(features, toy.adjacency, 4)
    assert found.weights[0] == 1
    assert found.weights[1] < 0.1
    assert found.inflation[1] > 4 * found.inflation[0]
    assert found.shares[:, 1].mean() < 0.05
    assert agree(toy.truth, found) > 0.95


def test_what_is_given_replaces_what_is_measured(next_to_texture):
    toy, features = next_to_texture
    measured = find_domains(features, toy.adjacency, 4)
    found = find_domains(features, toy.adjacency, 4, weights=[None, 1])
    np.testing.assert_array_equal(found.weights, [1, 1])
    np.testing.assert_array_equal(found.inflation, measured.inflation)
    assert found.shares[:, 1].mean() > measured.shares[:, 1].mean()
    same = find_domains(features, toy.adjacency, 4, weights=[None, measured.weights[1]])
    np.testing.assert_array_equal(same.assignment, measured.assignment)


def test_where_spots_are_independent_a_field_reads_them_alone(found):
    assert found.hops == (0,)


@pytest.fixture(scope="module")
def smooth(make_toy):
    """Domains within which all modalities vary smoothly."""
    toy = make_toy(24, 24, 3, seed=2)
    features = [toy.features(6, 0.5) + 0.7 * toy.texture(6, 2), toy.features(5, 0.5, seed=2) + toy.texture(5, 4, 4)]
    return toy, features


def test_where_spots_vary_with_their_surroundings_a_mixture_reads_both(smooth):
    toy, features = smooth
    found = find_domains(features, toy.adjacency, 3)
    assert found.hops == DEFAULTS.surroundings
    check(found, toy.n_spots, 3)
    assert agree(toy.truth, found) > 0.6


def test_mixture_rests_on_surroundings_and_one_covariance(smooth, monkeypatch):
    toy, features = smooth
    monkeypatch.setattr("spamca.domains.find._STEPS", 200)
    found = find_domains(features, toy.adjacency, 3)
    emission = Emission(found.components.with_surroundings(found.hops), noise=DEFAULTS.noise)
    again = emission.mixture(found.assignment[:, :, None], 1, 0.0)
    np.testing.assert_allclose(again[:, :, 0], found.assignment, atol=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_seeds_agree_where_surroundings_are_read(smooth, seed):
    toy, features = smooth
    first, other = (
        find_domains(features, toy.adjacency, 3, random_state=s).assignment.argmax(axis=1) for s in (0, seed)
    )
    assert adjusted_rand_score(first, other) > 0.9


def test_order_of_spots_does_not_matter_where_surroundings_are_read(smooth, rng):
    toy, features = smooth
    order = rng.permutation(toy.n_spots)
    found = find_domains(features, toy.adjacency, 3).assignment.argmax(axis=1)
    shuffled = find_domains([values[order] for values in features], toy.adjacency[order][:, order], 3)
    assert adjusted_rand_score(found[order], shuffled.assignment.argmax(axis=1)) > 0.95


def test_trust_decides_between_modalities_that_disagree(make_toy):
    toy = make_toy(16, 16, 1)
    y, x = np.divmod(np.arange(256), 16)
    rng = np.random.default_rng(0)
    features = [(side >= 8)[:, None] + 0.3 * rng.normal(size=(256, 3)) for side in (y, x)]
    first = find_domains(features, toy.adjacency, 2, weights=[1, 0.25])
    second = find_domains(features, toy.adjacency, 2, weights=[0.25, 1])
    assert agree(y >= 8, first) > 0.95
    assert agree(x >= 8, second) > 0.95


def test_modality_without_trust_does_not_count(toy, two, make_toy):
    other = make_toy(14, 14, 3, seed=9).features(6, 0.1)
    alone, both = (
        find_domains(two[:1], toy.adjacency, 3),
        find_domains([two[0], other], toy.adjacency, 3, weights=[1, 0]),
    )
    assert both.record == pytest.approx(alone.record, abs=1e-3)
    assert adjusted_rand_score(*(f.assignment.argmax(axis=1) for f in (alone, both))) > 0.99


def test_nothing_trusted_finds_nothing(toy, two):
    np.testing.assert_allclose(find_domains(two, toy.adjacency, 3, weights=[0, 0]).assignment, 1 / 3)


@pytest.fixture
def lacking(toy):
    """A quarter of the spots lacks the second modality, and others a few of the first."""
    present = np.ones((toy.n_spots, 2), dtype=bool)
    present[:49, 1] = False
    present[100:110, 0] = False
    return present


def test_spots_may_lack_a_modality(toy, two, lacking):
    found = find_domains(two, toy.adjacency, 3, present=lacking)
    check(found, 196, 3)
    assert agree(toy.truth, found) > 0.65
    np.testing.assert_array_equal(found.shares[~lacking], 0)
    assert (found.shares[lacking] > 0).all()


def test_spot_that_lacks_all_has_no_shares(toy, two, lacking):
    lacking[150:155] = False
    found = find_domains(two, toy.adjacency, 3, present=lacking)
    np.testing.assert_array_equal(found.shares[150:155], 0)
    np.testing.assert_allclose(np.delete(found.shares, np.s_[150:155], axis=0).sum(axis=1), 1, rtol=1e-6)


def test_rows_that_are_lacking_are_not_read(toy, two, lacking):
    with_nan = [np.where(lacking[:, [m]], values, np.nan) for m, values in enumerate(two)]
    first = find_domains(with_nan, toy.adjacency, 3, present=lacking)
    second = find_domains(two, toy.adjacency, 3, present=lacking)
    np.testing.assert_array_equal(first.assignment, second.assignment)


def test_mask_without_a_gap_is_as_none(toy, two, found):
    full = find_domains(two, toy.adjacency, 3, present=np.ones((196, 2), dtype=bool))
    np.testing.assert_array_equal(full.assignment, found.assignment)


@pytest.mark.parametrize(("n_domains", "fewest"), [(1, 1), (2, 2), (5, 3)])
def test_any_number_of_domains(toy, two, n_domains, fewest):
    """Domains that the tissue does not have may be left out."""
    found = find_domains(two, toy.adjacency, n_domains)
    check(found, 196, n_domains, fewest)
    assert bool(found.record) is (n_domains > 1)


@pytest.mark.parametrize("n_domains", [2, 3, 11, 12])
def test_twelve_spots(path, n_domains):
    sides = np.repeat([0, 1], 6)
    found = find_domains([sides[:, None] + 0.1 * np.random.default_rng(0).normal(size=(12, 1))], path, n_domains)
    check(found, 12, n_domains, fewest=2)
    assert found.record["n_parameters"] == 2 * found.assignment.shape[1] - 1
    if n_domains == 2:
        assert agree(sides, found) == 1


def test_without_any_edge(toy, two):
    found = find_domains(two, csr_matrix((196, 196)), 3)
    np.testing.assert_allclose(found.assignment, 1 / 3)
    assert found.record == {}


def test_as_many_domains_as_spots_without_any_edge(rng):
    check(find_domains([rng.normal(size=(12, 3))], csr_matrix((12, 12)), 12), 12, 12)


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


def test_constant_features_find_nothing(toy):
    found = find_domains([np.full((196, 3), 0.1)], toy.adjacency, 3)
    np.testing.assert_allclose(found.assignment, 1 / 3)
    assert found.record == {}


@pytest.mark.parametrize("with_gap", [False, True])
def test_constant_modality_next_to_another(toy, two, lacking, with_gap):
    present = lacking[:, ::-1].copy() if with_gap else None
    if with_gap:
        present[:, 1] = True
    found = find_domains([np.full((196, 3), 0.1), two[0]], toy.adjacency, 3, present=present)
    alone = find_domains([two[0]], toy.adjacency, 3)
    assert adjusted_rand_score(*(f.assignment.argmax(axis=1) for f in (found, alone))) > 0.99


def test_fewer_distinct_spots_than_domains(path):
    found = find_domains([np.repeat([[0.0], [1.0]], 6, axis=0)], path, 4)
    check(found, 12, 4, fewest=2)
    partition = found.assignment.argmax(axis=1)
    assert not set(partition[:6]) & set(partition[6:])


def test_pieces_without_a_link(make_toy):
    toy = make_toy(10, 10, 3)
    values, spots = toy.features(6, 0.5), np.arange(100)
    cut = toy.adjacency.tocoo()
    keep = (cut.row < 50) == (cut.col < 50)
    pieces = csr_matrix((cut.data[keep], (cut.row[keep], cut.col[keep])), cut.shape)
    found = find_domains(
        [np.vstack([values, values[:1]])],
        csr_matrix((pieces.data, pieces.indices, np.append(pieces.indptr, pieces.nnz)), (101, 101)),
        3,
    )
    check(found, 101, 3)
    assert adjusted_rand_score(toy.truth, found.assignment[spots].argmax(axis=1)) > 0.85


@pytest.mark.parametrize("with_gap", [False, True])
def test_of_large_tissue_a_sample_is_searched(toy, two, lacking, with_gap, found):
    settings, present = DomainSettings(n_fitted=120), lacking if with_gap else None
    large = find_domains(two, toy.adjacency, 3, present=present, settings=settings)
    check(large, 196, 3)
    assert agree(toy.truth, large) > (0.65 if with_gap else 0.85)
    assert not np.array_equal(large.assignment, found.assignment)


def test_twelve_thousand_spots(make_toy):
    toy = make_toy(100, 120, 5)
    found = find_domains([toy.features(8, 1.5)], toy.adjacency, 5)
    check(found, 12_000, 5)
    assert agree(toy.truth, found) > 0.9


def test_no_warning_is_swallowed_for_the_caller(toy, two):
    """The filters that hide scikit-learn's warning are put back."""
    before = list(warnings.filters)
    find_domains(two, toy.adjacency, 3)
    assert warnings.filters == before


def test_assignments_are_averaged_domain_by_domain(rng):
    first = rng.dirichlet([0.2] * 3, size=50)
    np.testing.assert_allclose(blended(first, [first[:, [2, 0, 1]], first[:, [1, 0, 2]]]), first)
    fewer = np.eye(2)[np.argmax(first[:, :2], axis=1)]
    np.testing.assert_allclose(blended(first, [fewer]).sum(axis=1), 1)


def test_posterior_is_that_of_the_domain_that_a_spot_looks_like(toy, two, found):
    """Columns of the assignment are the domains, by falling size, and their largest entries the labels."""
    partition = found.assignment.argmax(axis=1)
    for block in found.components.blocks:
        means = np.stack([block.values[partition == k].mean(axis=0) for k in range(3)])
        nearest = np.square(block.values[:, None] - means).sum(axis=2).argmin(axis=1)
        assert (nearest == partition).mean() > 0.6
    assert (np.diff(found.assignment.sum(axis=0)) <= 1).all()
