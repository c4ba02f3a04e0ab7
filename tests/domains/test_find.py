import warnings

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_matrix, identity, kron
from sklearn.metrics import adjusted_rand_score

from spamca import _threads
from spamca.domains import Domains, DomainSettings, find_domains, shares
from spamca.domains.continuity import continuity
from spamca.domains.field import Field
from spamca.domains.find import Search
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


def agree(truth, found: Domains) -> float:
    truth = truth.assignment.argmax(axis=1) if isinstance(truth, Domains) else truth
    return adjusted_rand_score(truth, found.assignment.argmax(axis=1))


def check(found: Domains, n, n_domains, fewest=None):
    n_found = found.assignment.shape[1]
    assert (n_domains if fewest is None else fewest) <= n_found <= n_domains
    assert (found.assignment.shape, found.assignment.dtype) == ((n, n_found), np.float32)
    assert found.assignment.min() >= 0
    np.testing.assert_allclose(found.assignment.sum(axis=1), 1, rtol=1e-5)
    assert found.shares.shape == (n, len(found.weights))
    np.testing.assert_allclose(found.shares.sum(axis=1), 1, rtol=1e-6)
    if found.record:
        size = np.bincount(found.assignment.argmax(axis=1), minlength=n_found)
        assert size.min() > 0, "domains without spots are left out"
        assert (np.diff(size) <= 0).all(), "domains are numbered by size"


def test_finds_the_domains_with_one_modality_or_two_and_in_large_tissue(toy, make_toy, two, found):
    check(found, 196, 3)
    assert agree(toy.truth, found) > 0.9
    alone = find_domains(two[:1], toy.adjacency, 3)
    check(alone, 196, 3)
    assert agree(toy.truth, alone) > 0.8
    large = make_toy(100, 120, 5)
    found = find_domains([large.features(8, 1.5)], large.adjacency, 5)
    check(found, 12_000, 5)
    assert agree(large.truth, found) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.9])
def test_blocks_of_rows_in_single_precision_find_the_same(toy, two, smooth, share, rng, monkeypatch):
    """Also where most spots have their domain from those that were fitted, and where the surroundings are part of a spot."""
    settings = DomainSettings(n_fitted=150)
    for tissue, features in ((toy, two), smooth[:2]):
        present = np.column_stack([np.ones(tissue.n_spots, dtype=bool), rng.random(tissue.n_spots) <= share])
        given = {"present": None if share == 1 else present, "settings": settings}
        whole = find_domains(features, tissue.adjacency, 3, **given)
        with monkeypatch.context() as patch:
            patch.setattr(_threads, "ROWS", 110)
            blocks = find_domains([one.astype(np.float32) for one in features], tissue.adjacency, 3, **given)
        assert {block.values.dtype for block in blocks.components.blocks} == {np.dtype(np.float32)}
        np.testing.assert_allclose(blocks.assignment, whole.assignment, atol=2e-3)
        np.testing.assert_allclose(blocks.shares, whole.shares, atol=2e-3)
        np.testing.assert_allclose(blocks.weights, whole.weights, rtol=1e-3)
        assert blocks.record == pytest.approx(whole.record, rel=1e-3)


def test_record_and_shares_are_those_of_the_assignment(toy, found, smooth):
    partition, (row, column) = found.assignment.argmax(axis=1), toy.adjacency.nonzero()
    assert all(type(value) is float for value in found.record.values())
    assert found.record["coherence"] == pytest.approx((partition[row] == partition[column]).mean())
    parts = [found.record[name] for name in ("log_likelihood", "predicted", "coherence")]
    assert found.record["objective"] == pytest.approx(np.dot(parts, [1, 1, 4]))
    n_parameters = 2.0 + 3 * sum(block.values.shape[1] for block in found.components.blocks)
    extra = {"n_parameters": n_parameters, "continuity": continuity(found.components, partition)}
    assert found.record == pytest.approx({**Field(found.components).parts(partition, 3), **extra})
    assert found.shares.std(axis=0).min() > 0.02
    for own, noise in ((found, 0.0), (smooth[2], 0.03)):
        read = own.components.with_surroundings(own.hops)
        np.testing.assert_array_equal(own.shares, shares(read, own.assignment, 2, noise=noise))


def test_field_where_spots_are_independent_else_a_mixture_with_their_surroundings(found, smooth):
    """Another step hardly moves either: each column is the domain whose spots it holds."""
    toy, _, mixture = smooth
    assert (found.hops, mixture.hops) == ((0,), (0, 1, 2, 8))
    check(mixture, toy.n_spots, 3)
    assert agree(toy.truth, mixture) > 0.6
    again = Field(found.components).relax_own(found.assignment, 5)
    assert np.abs(again - found.assignment).mean() < 0.01
    emission = Emission(mixture.components.with_surroundings(mixture.hops), noise=0.03)
    again = emission.mixture(mixture.assignment[:, :, None], 1, 0.0)[:, :, 0]
    assert np.abs(again - mixture.assignment).mean() < 0.01


@pytest.mark.slow
def test_seeds_and_orders_of_spots_end_at_the_same_domains(toy, two, found, smooth, rng):
    for tissue, features, first in ((toy, two, found), smooth):
        for seed in (1, 2):
            other = find_domains(features, tissue.adjacency, 3, random_state=seed)
            assert other.record["objective"] == pytest.approx(first.record["objective"], rel=0.02)
            assert agree(first, other) > 0.9
        order = rng.permutation(tissue.n_spots)
        other = find_domains([values[order] for values in features], tissue.adjacency[order][:, order], 3)
        assert agree(first.assignment[order].argmax(axis=1), other) > 0.95


def test_same_seed_gives_the_same_bits_and_leaves_input_filters_and_global_state(toy, two, found):
    np.random.seed(5)  # noqa: NPY002 the global state itself is under test
    before, filters = np.random.get_state()[1].copy(), list(warnings.filters)  # noqa: NPY002
    features, adjacency = [values.copy() for values in two], toy.adjacency.copy()
    again = find_domains(features, adjacency, 3, present=np.ones((196, 2), dtype=bool))
    np.testing.assert_array_equal(again.assignment, found.assignment)
    np.testing.assert_array_equal(again.shares, found.shares)
    assert again.record == found.record
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert warnings.filters == filters
    np.testing.assert_array_equal(np.hstack(features), np.hstack(two))
    assert (adjacency != toy.adjacency).nnz == 0


def test_order_of_modalities_features_and_their_units_do_not_matter(toy, two, found):
    other = find_domains([1e4 * two[1] - 3, two[0][:, ::-1]], toy.adjacency, 3)
    assert other.record["objective"] == pytest.approx(found.record["objective"], abs=1e-3)
    assert (other.assignment.argmax(axis=1) == found.assignment.argmax(axis=1)).mean() > 0.99
    np.testing.assert_allclose(other.shares[:, ::-1].mean(axis=0), found.shares.mean(axis=0), atol=0.02)


def test_modalities_that_complement_or_contradict_each_other(make_toy, rng):
    """Each shows one border: both count in full, and most along their own; with two domains the weights decide."""
    toy, sides = make_toy(20, 20, 1), [side >= 10 for side in np.divmod(np.arange(400), 20)]
    features = [2 * side[:, None] + 0.5 * rng.normal(size=(400, 2)) for side in sides]
    found, truth = find_domains(features, toy.adjacency, 4), 2 * sides[0] + sides[1]
    np.testing.assert_array_equal(found.weights, [1, 1])
    assert agree(truth, found) > 0.95
    assert agree(truth, find_domains(features[:1], toy.adjacency, 4)) < 0.7
    y, x = np.abs(np.array(np.divmod(np.arange(400), 20)) - 9.5)
    assert found.shares[(y < 1) & (x > 4), 0].mean() > 0.7
    assert found.shares[(x < 1) & (y > 4), 1].mean() > 0.7
    for side, weights in zip(sides, ([1, 0.25], [0.25, 1]), strict=True):
        assert agree(side, find_domains(features, toy.adjacency, 2, weights=weights)) > 0.95


def test_modality_of_noise_or_of_weight_zero_changes_nothing(toy, two, make_toy, rng):
    alone = find_domains(two[:1], toy.adjacency, 3)
    noise, wrong = rng.normal(size=(toy.n_spots, 8)), make_toy(14, 14, 3, seed=9).features(6, 0.1)
    for second, weights in ((noise, None), (wrong, [None, 0])):
        both = find_domains([two[0], second], toy.adjacency, 3, weights=weights)
        assert both.record == pytest.approx(alone.record, abs=1e-3)
        assert agree(alone, both) > 0.99
        np.testing.assert_array_equal(both.weights, [1, 0])
        assert np.isnan(both.inflation[1])
        np.testing.assert_array_equal(both.shares, np.tile([1, 0], (toy.n_spots, 1)))


def test_smooth_modality_without_domains_hardly_counts_unless_its_weight_is_given(make_toy, rng):
    toy = make_toy(24, 24, 4)
    features = [toy.features(6, 0.5), toy.texture() + 0.2 * rng.normal(size=(toy.n_spots, 6))]
    measured = find_domains(features, toy.adjacency, 4)
    assert measured.weights[0] == 1
    assert measured.weights[1] < 0.1
    assert measured.inflation[1] > 4 * measured.inflation[0]
    assert measured.shares[:, 1].mean() < 0.05
    assert agree(toy.truth, measured) > 0.95
    found, again = (find_domains(features, toy.adjacency, 4, weights=[None, w]) for w in (1, measured.weights[1]))
    np.testing.assert_array_equal(found.weights, [1, 1])
    np.testing.assert_array_equal(found.inflation, measured.inflation)
    assert found.shares[:, 1].mean() > measured.shares[:, 1].mean()
    np.testing.assert_array_equal(again.assignment, measured.assignment)


def test_settings_reach_the_search(toy, two, found):
    given = {"min_autocorrelation": 0.99}, {"independent_inflation": 0.5}, {"coherence": 40.0}
    strict, read, strong = (find_domains(two, toy.adjacency, 3, settings=DomainSettings(**own)) for own in given)
    assert strict.record == {}
    assert read.hops == (0, 1, 2, 8)
    assert strong.record["coherence"] > found.record["coherence"]


@pytest.mark.parametrize(("n_domains", "fewest"), [(1, 1), (2, 2), (5, 3)])
def test_any_number_of_domains(toy, two, n_domains, fewest, caplog):
    """Domains that the tissue does not have may be left out, which is logged."""
    with caplog.at_level("INFO", "spamca"):
        found = find_domains(two, toy.adjacency, n_domains)
    check(found, 196, n_domains, fewest)
    n_found = found.assignment.shape[1]
    assert (f"only {n_found} of {n_domains} hold spots" in caplog.text) is (n_found < n_domains)
    assert ("continuity" in found.record) is (n_domains > 1)
    assert (found.weights > 0).any()


def test_without_structure_edges_variation_or_weight_there_are_no_domains(toy, two, rng, caplog):
    none, noise, constant = csr_matrix((196, 196)), rng.normal(size=(196, 4)), np.full((196, 3), 0.1)
    for given in ([[noise, constant], toy.adjacency, 3], [two, none, 3]):
        with caplog.at_level("WARNING", "spamca"):
            found = find_domains(*given)
        np.testing.assert_allclose(found.assignment, 1 / 3)
        assert (found.record, found.components.blocks) == ({}, ())
        np.testing.assert_array_equal(found.weights, [0, 0])
        assert np.isnan(found.inflation).all()
        np.testing.assert_array_equal(found.shares, 0.5)
        assert "neighbours share nothing in any modality" in caplog.text
    np.testing.assert_allclose(find_domains(two, toy.adjacency, 3, weights=[0, 0]).assignment, 1 / 3)


def test_spots_may_lack_a_modality_and_missing_rows_are_not_read(toy, two):
    """Those that lack all have no shares."""
    number = np.arange(196)
    lacking = np.column_stack([(number < 100) | (number >= 110), number >= 49])
    for present in (lacking, lacking & (number[:, None] // 5 != 30)):
        found = find_domains(two, toy.adjacency, 3, present=present)
        assert agree(toy.truth, found) > 0.65
        np.testing.assert_array_equal(found.shares > 0, present)
        np.testing.assert_allclose(found.shares.sum(axis=1), present.any(axis=1), rtol=1e-6)
        with_nan = [np.where(present[:, [m]], values, np.nan) for m, values in enumerate(two)]
        again = find_domains(with_nan, toy.adjacency, 3, present=present)
        np.testing.assert_array_equal(again.assignment, found.assignment)


@pytest.mark.slow
def test_modality_without_neighbours_spots_or_variation_does_not_count(toy, two, rng):
    """On every other row and column no two spots of it touch."""
    (y, x), alone = np.divmod(np.arange(196), 14), find_domains(two[:1], toy.adjacency, 3)
    loud, constant = 1e5 * rng.normal(size=(196, 8)), np.full((196, 3), 0.1)
    for second, has in ((loud, (y % 2 == 0) & (x % 2 == 0)), (loud, y < 0), (constant, y > 3), (constant, y > -1)):
        found = find_domains([two[0], second], toy.adjacency, 3, present=np.column_stack([y > -1, has]))
        assert agree(alone, found) > 0.95


@pytest.mark.parametrize("n_domains", [2, 3, 11, 12])
def test_twelve_spots(path, rng, n_domains):
    """Also where they coincide in two places, or have no neighbours."""
    sides, noise = np.repeat([0.0, 1], 6), 0.1 * rng.normal(size=(12, 1))
    for values in (sides[:, None] + noise, sides[:, None]):
        found = find_domains([values], path, n_domains)
        check(found, 12, n_domains, fewest=2)
        assert found.record["n_parameters"] == 2 * found.assignment.shape[1] - 1
        partition = found.assignment.argmax(axis=1)
        assert n_domains > 4 or not set(partition[:6]) & set(partition[6:])
    check(find_domains([noise], csr_matrix((12, 12)), n_domains), 12, n_domains)
    for sign in (1, -1) if n_domains == 2 else ():  # of two domains of one size, that of the first spot is the first
        found = find_domains([sign * sides[:, None] + noise], path, 2)
        np.testing.assert_array_equal(found.assignment.argmax(axis=1), sides)


def test_spots_that_coincide_and_pieces_without_a_link(toy, make_toy):
    """Two at each place, linked to each other and to the neighbours of both; two halves of a tissue, and a spot alone."""
    doubled = csr_matrix(
        kron(toy.adjacency, csr_matrix(np.ones((2, 2)))) + kron(identity(196), csr_matrix([[0, 1], [1, 0]]))
    )
    found = find_domains([np.repeat(toy.features(6, 0.5), 2, axis=0)], doubled, 3)
    assert agree(np.repeat(toy.truth, 2), found) > 0.9
    np.testing.assert_array_equal(found.assignment[::2].argmax(axis=1), found.assignment[1::2].argmax(axis=1))
    piece = make_toy(10, 10, 3)
    halves = [piece.adjacency[:50, :50], piece.adjacency[50:, 50:], csr_matrix((1, 1))]
    values = piece.features(6, 0.5)
    found = find_domains([np.vstack([values, values[:1]])], csr_matrix(block_diag(halves)), 3)
    check(found, 101, 3)
    assert adjusted_rand_score(piece.truth, found.assignment[:100].argmax(axis=1)) > 0.85


def test_a_search_for_one_number_does_not_depend_on_others(make_toy):
    toy = make_toy(12, 12, 3)
    features = [toy.features(noise=0.5)]
    search = Search(features, toy.adjacency, random_state=3)
    search.run(2)
    again, alone = search.run(3), find_domains(features, toy.adjacency, 3, random_state=3)
    np.testing.assert_array_equal(again.assignment, alone.assignment)
    assert again.record == alone.record
    assert len(again.halves) == search.components.settings.n_groups
    assert all(half.shape == (toy.n_spots,) for half in again.halves)
