from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from spamca.graph import normalize, weigh_by_agreement
from spamca.graph._graph import ACROSS


@pytest.fixture
def graph():
    half = sparse.random(40, 40, 0.1, "csr", random_state=0)
    half.setdiag(0)
    half.eliminate_zeros()
    return (half + half.T).tocsr()


@pytest.fixture
def assignment():
    return np.random.default_rng(0).dirichlet(np.full(3, 0.3), 40).astype(np.float32)


def test_is_the_equation(graph, assignment):
    weighed = weigh_by_agreement(graph, assignment)
    expected = graph.toarray() * (ACROSS + assignment.astype(float) @ assignment.astype(float).T)
    np.testing.assert_allclose(weighed.toarray(), expected, rtol=1e-5)
    assert weighed.dtype == np.float32
    assert isinstance(weighed, sparse.csr_matrix)


def test_no_edge_is_lost_or_made(graph, assignment):
    weighed = weigh_by_agreement(graph, np.eye(3)[assignment.argmax(axis=1)])
    assert weighed.nnz == graph.nnz
    assert ((weighed != 0) != (graph != 0)).nnz == 0


def test_certain_domains(graph):
    domain = np.arange(40) % 2
    weighed, links = weigh_by_agreement(graph, np.eye(2)[domain]).toarray(), graph.toarray()
    inside = domain[:, None] == domain
    np.testing.assert_allclose(weighed[inside], (1 + ACROSS) * links[inside], rtol=1e-6)
    np.testing.assert_allclose(weighed[~inside], ACROSS * links[~inside], rtol=1e-6)


def test_exactly_symmetric_and_input_left(graph, assignment):
    before = graph.copy()
    weighed = weigh_by_agreement(graph, assignment)
    assert (weighed != weighed.T).nnz == 0
    assert (graph != before).nnz == 0
    assert graph.dtype == before.dtype


@pytest.mark.parametrize("form", [sparse.coo_matrix, sparse.csc_matrix, sparse.csr_matrix])
def test_any_sparse_form(graph, assignment, form):
    found = weigh_by_agreement(form(graph), assignment)
    np.testing.assert_array_equal(found.toarray(), weigh_by_agreement(graph, assignment).toarray())


def test_without_edges(assignment):
    weighed = weigh_by_agreement(sparse.csr_matrix((40, 40)), assignment)
    assert weighed.nnz == 0
    np.testing.assert_array_equal(normalize(weighed).toarray(), np.eye(40))
