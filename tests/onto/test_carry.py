"""Values of points on spots."""

from __future__ import annotations

import numpy as np
import pytest
from dask import array as da
from scipy import sparse

from spamca.features import in_blocks
from spamca.onto import MEANS, METHODS, SUMS, Shares, carried, how_of, shares, spacing
from spamca.onto.carry import divided


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    spots, points = rng.uniform(0, 10, size=(60, 2)), rng.uniform(0, 9, size=(200, 2))
    return shares(spots, points, method="area", reach=1.5, spot_spacing=spacing(spots), point_spacing=spacing(points))


@pytest.fixture
def counts():
    return np.random.default_rng(1).poisson(3, size=(200, 7)).astype(np.float32)


FORMS = {
    "dense": np.asarray,
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_array,
    "dask": lambda X: in_blocks(da.from_array(X, chunks=(100, -1))),
    "dask of csr": lambda X: in_blocks(da.from_array(sparse.csr_matrix(X), chunks=(100, -1))),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", [MEANS, SUMS])
def test_every_form_gives_the_same(found, counts, form, how):
    known = carried(counts, found, how, 0)
    got = carried(FORMS[form](counts), found, how, 0)
    assert sparse.issparse(got) == ("cs" in form)
    assert got.dtype == np.float32
    got = got.toarray() if sparse.issparse(got) else got
    if how == MEANS:
        np.testing.assert_allclose(got, known, rtol=1e-5)
        np.testing.assert_allclose(got, found.means().toarray() @ counts, rtol=1e-5)
    elif "dask" not in form:  # each block draws anew
        np.testing.assert_array_equal(got, known)


def test_counts_are_divided_and_none_is_counted_twice(counts):
    share = sparse.random(30, 200, density=0.1, random_state=0, format="csr")
    dealt = divided(sparse.csr_matrix(counts), sparse.csc_matrix(share), np.random.default_rng(0))
    touched = np.asarray(share.sum(axis=0)).ravel() > 0
    assert (dealt.data == np.rint(dealt.data)).all()
    np.testing.assert_array_equal(np.asarray(dealt.sum(axis=0)).ravel(), counts[touched].sum(axis=0))


def test_counts_go_to_spots_by_their_shares():
    share = sparse.csc_matrix([[0.5], [0.25], [1.25]])
    dealt = divided(sparse.csr_matrix([[40_000]]), share, np.random.default_rng(0)).toarray().ravel()
    np.testing.assert_allclose(dealt / 40_000, [0.25, 0.125, 0.625], atol=0.01)


def test_divided_noise_is_independent_where_means_share_it():
    rng = np.random.default_rng(0)
    counts = rng.poisson(10, size=(1, 4000)).astype(np.float32)  # one point, many features of the same mean
    both = Shares(sparse.csr_matrix([[1.0], [1.0]]), sparse.csr_matrix((2, 1)), np.zeros(2))
    assert np.corrcoef(carried(counts, both, MEANS, 0))[0, 1] > 0.999
    assert abs(np.corrcoef(carried(counts, both, SUMS, 0))[0, 1]) < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same(counts, method):
    rng = np.random.default_rng(0)
    spots, points = rng.uniform(0, 10, size=(60, 2)), rng.uniform(0, 10, size=(200, 2))
    found = shares(spots, points, method=method, reach=1.5, spot_spacing=1.3, point_spacing=0.7)
    one, same, other = (carried(counts, found, SUMS, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert method == "nearest" or (one != other).any()


def test_a_spot_without_a_share_takes_the_nearest_point_whole(counts):
    whole = sparse.csr_matrix(([1.0], ([0], [5])), shape=(2, 200))
    alone = Shares(sparse.csr_matrix((2, 200)), whole, np.array([0.5, 9]))
    for how in (MEANS, SUMS):
        np.testing.assert_array_equal(carried(counts, alone, how, 0), [counts[5], np.zeros(7)])


def test_what_values_are(counts):
    assert (how_of(counts), how_of(counts + 0.5), how_of(-counts)) == (SUMS, MEANS, MEANS)


def test_parts_do_not_matter(found, counts, monkeypatch):
    known = carried(counts, found, MEANS, 0)
    monkeypatch.setattr("spamca.onto.carry.VALUES", 70)
    np.testing.assert_allclose(carried(counts, found, MEANS, 0), known, rtol=1e-5)
    assert carried(counts, found, SUMS, 0).sum() == carried(sparse.csr_matrix(counts), found, SUMS, 0).sum()
