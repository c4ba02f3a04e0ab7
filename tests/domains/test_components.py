import numpy as np
import pytest
from scipy.sparse import csr_matrix

from spamca.domains.components import Block, Components, components_of
from spamca.domains.graph import Graph
from spamca.domains.noise import noise_whitening


@pytest.fixture
def lacking(toy, rng):
    """A modality that three of ten spots lack."""
    present = rng.random(toy.n_spots) < 0.7
    return Block(np.where(present[:, None], rng.normal(size=(toy.n_spots, 2)), 0), 0.25, present, 3)


def test_moments_by_hand(rng):
    values, present = rng.normal(size=(10, 2)), np.arange(10) < 7
    values[~present] = 0
    assignment, block = rng.dirichlet(np.ones(3), 10), Block(values, present=present)
    expected = np.array([np.average(values[:7], axis=0, weights=assignment[:7, k]) for k in range(3)])
    np.testing.assert_allclose(block.means(assignment), expected)
    np.testing.assert_allclose(block.sizes(assignment), assignment[:7].sum(axis=0))
    np.testing.assert_allclose(block.total, values[:7].T @ values[:7] / 7, atol=1e-5)
    np.testing.assert_array_equal(block.there(np.ones((10, 1)))[:, 0], present)
    assert (block.size, Block(values).size) == (7, 10)
    np.testing.assert_allclose(Block(values).sizes(assignment), assignment.sum(axis=0))


def test_some_of_some_of_the_spots(toy, lacking):
    spots = np.array([30, 1, 7])
    part = toy.having(lacking, lacking.values).take(spots[::-1]).take(np.arange(3)[::-1])
    np.testing.assert_array_equal(part.graph.adjacency.toarray(), toy.adjacency[spots][:, spots].toarray())
    for block in part.blocks:
        np.testing.assert_array_equal(block.values, lacking.values[spots])
    np.testing.assert_array_equal(part.blocks[0].present, lacking.present[spots])
    assert (part.n_spots, part.blocks[1].present, part.weights.tolist()) == (3, None, [0.25, 1])


def test_one_block_for_each_modality_that_has_weight_spots_and_structure_from_its_own_rows(toy, rng):
    values, noise = toy.features(), rng.normal(size=(toy.n_spots, 4))
    present = np.ones((toy.n_spots, 4), dtype=bool) & [True, True, False, True]
    (block,) = components_of([values, values, values, noise], toy.adjacency, [0.5, 0, 1, None], present).blocks
    np.testing.assert_array_equal(block.values, noise_whitening(values, toy.graph)[1])
    np.testing.assert_allclose(block.whitening.components(values), block.values, atol=1e-12)
    assert (block.weight, block.present, block.modality) == (0.5, None, 0)
    present = (np.arange(toy.n_spots) >= 40)[:, None]
    (found,) = components_of([np.where(present, toy.features(), np.nan)], toy.adjacency, None, present).blocks
    assert not found.values[:40].any()
    expected = noise_whitening(toy.features()[40:], toy.graph.take(np.arange(40, toy.n_spots)))[1]
    np.testing.assert_array_equal(found.values[40:], expected)


@pytest.mark.parametrize("hops", [(0, 1, 2, 8), (0, 4), (2,)])
def test_means_of_the_surroundings_are_next_to_the_components(toy, rng, hops):
    values, step = rng.normal(size=(toy.n_spots, 2)), toy.graph.step.toarray()
    given = toy.having(Block(values, 0.5, modality=3))
    (found,) = given.with_surroundings(hops).blocks
    expected = np.hstack([np.linalg.matrix_power(step, h) @ values for h in hops])
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    assert (found.weight, found.modality) == (0.5, 3)
    assert given.with_surroundings((0,)) is given
    (alone,) = Components((Block(values),), Graph(csr_matrix((196, 196)))).with_surroundings(hops).blocks
    np.testing.assert_allclose(alone.values, np.tile(values, len(hops)))


def test_means_are_over_spots_that_have_the_modality_in_any_order(toy, lacking, rng):
    given, order, spots = toy.having(lacking), rng.permutation(toy.n_spots), np.flatnonzero(lacking.present)
    (found,), (other,) = (own.with_surroundings((0, 1, 8)).blocks for own in (given, given.take(order)))
    (alone,) = toy.having(lacking.values).take(spots).with_surroundings((0, 1, 8)).blocks
    np.testing.assert_allclose(found.values[spots], alone.values, atol=1e-12)
    np.testing.assert_allclose(other.values, found.values[order], atol=1e-12)
    assert not found.values[~lacking.present].any()
    # joined by their weight, and filled from neighbours
    values = rng.normal(size=(toy.n_spots, 2))
    out = toy.having(values, lacking).joined()
    np.testing.assert_array_equal(out[:, :2], values)
    np.testing.assert_allclose(out[lacking.present, 2:], lacking.values[lacking.present] / 2)
    assert (out[~lacking.present, 2:] != 0).any()


def test_averages_of_some_of_the_spots(toy, lacking):
    components, rows = toy.having(lacking, lacking.values), np.array([40, 2, 17])
    for block in components.blocks:
        for whole, some in zip(
            components.smoothed(block, (1, 3)), components.smoothed(block, (1, 3), rows), strict=True
        ):
            np.testing.assert_array_equal(some, whole[rows])
