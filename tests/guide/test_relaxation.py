from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import multivariate_normal

from spamca.guide import noise_whitened
from spamca.guide import relaxation as module
from spamca.guide.blocks import Block
from spamca.guide.field import Field
from spamca.guide.relaxation import OUTLIER, PRIOR, Relaxation
from spamca.guide.statistics import Statistics


@pytest.fixture
def pull(toy):
    return csr_matrix(0.9 * toy.adjacency)


def made(blocks, pull):
    return Relaxation(Statistics(blocks, pull.shape[0]), pull)


@pytest.fixture
def relaxation(blocks, pull):
    return made(blocks, pull)


@pytest.fixture
def several(toy, rng):
    """Seven assignments, from near the truth to none."""
    near = np.eye(3)[toy.truth][:, :, None]
    noise = rng.dirichlet(np.ones(3), (toy.n_spots, 7)).transpose(0, 2, 1)
    share = np.linspace(0, 1, 7)
    return (1 - share) * near + share * noise


def densities(blocks, assignment, *, own):
    """log p by the library's normal density, shape (n, K), up to a constant of the spot."""
    out = np.zeros(assignment.shape)
    for block in blocks:
        means, within = block.moments(assignment)
        has = np.ones(len(out)) if block.present is None else block.present.astype(float)
        for k, mean in enumerate(means):
            left, share = block.values - mean, assignment[:, k] * has
            each = (PRIOR * within + (left.T * share) @ left) / (PRIOR + share.sum())
            density = multivariate_normal(mean, each if own else within).logpdf(block.values)
            out[:, k] += block.weight * has * density
    return out


def stepped(blocks, pull, assignment, *, own=False):
    """One step by the equation."""
    p = np.exp(densities(blocks, assignment, own=own))
    p /= p.sum(axis=1, keepdims=True)
    for _ in range(module._INNER_STEPS):
        share = (OUTLIER + p) * np.exp(pull @ assignment)
        assignment = 0.5 * assignment + 0.5 * share / share.sum(axis=1, keepdims=True)
    return assignment


def test_a_step_is_the_equation(relaxation, blocks, pull, several):
    found = relaxation.run(several, 1, 0)
    for b in range(7):
        np.testing.assert_allclose(found[:, :, b], stepped(blocks, pull, several[:, :, b]), atol=2e-4)


def test_a_step_with_a_covariance_for_each_is_the_equation(relaxation, blocks, pull, several):
    for b in range(7):
        found = relaxation.run_own(several[:, :, b], 1, 0)
        np.testing.assert_allclose(found, stepped(blocks, pull, several[:, :, b], own=True), atol=2e-4)


@pytest.mark.parametrize("n_steps", [0, 1, 5, 60])
def test_side_by_side_is_one_by_one(relaxation, several, n_steps):
    """Those that rest early wait for the others."""
    together = relaxation.run(several, n_steps, 1e-3)
    assert together.dtype == np.float32
    for b in range(7):
        alone = relaxation.run(several[:, :, [b]], n_steps, 1e-3)[:, :, 0]
        np.testing.assert_allclose(together[:, :, b], alone, atol=1e-4)
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-5)


def test_same_input_gives_the_same_bits(blocks, pull, several):
    first, second = (made(blocks, pull).run(several, 20, 1e-4) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_input_is_left(relaxation, several):
    before = several.astype(np.float32)
    given = before.copy()
    relaxation.run(given, 3, 0)
    relaxation.run_own(given[:, :, 0], 3, 0)
    np.testing.assert_array_equal(given, before)


def test_chunks_of_spots_do_not_matter(blocks, pull, several, monkeypatch):
    whole = made(blocks, pull).run_own(several[:, :, 2], 5, 0)
    monkeypatch.setattr(module, "_ROWS", 50)
    np.testing.assert_allclose(made(blocks, pull).run_own(several[:, :, 2], 5, 0), whole, atol=1e-5)


def test_outliers_and_empty_domains_stay_finite(toy, several):
    values = noise_whitened(toy.features(), toy.adjacency)
    values[3] = 1e6
    relaxation = Field([Block(values)], toy.adjacency)._relaxation
    emptied = np.concatenate([several, np.zeros((toy.n_spots, 2, 7))], axis=1)
    assert np.isfinite(relaxation.run(emptied, 5, 0)).all()
    assert np.isfinite(relaxation.run_own(emptied[:, :, 0], 5, 0)).all()
