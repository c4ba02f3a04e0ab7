from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains import DEFAULTS, DomainSettings, Gaussians, components_of
from spamca.domains.births import Births
from spamca.domains.field import Field

MARGIN = DEFAULTS.split_margin


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of four domains, what finds new ones in it, and an assignment in which the last is part of the first."""
    toy = make_toy(30, 30, 4)
    births = Births(Field(components_of([toy.features(noise=0.5)], toy.adjacency)))
    merged = np.eye(3, dtype=np.float32)[np.where(toy.truth == 3, 0, toy.truth)]
    return toy, births, merged


def test_domain_that_was_merged_is_parted(made):
    toy, births, merged = made
    found = births.run(merged, 0.0, toy.n_spots)
    assert found.shape == (900, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.95
    assert (found.argmax(axis=1) == toy.truth)[(toy.truth == 1) | (toy.truth == 2)].mean() > 0.95, (
        "others keep their numbers"
    )


def test_whole_domains_stay_whole(made):
    toy, births, _ = made
    whole = np.eye(4, dtype=np.float32)[toy.truth]
    assert births.run(whole, 0.0, toy.n_spots) is whole


def test_what_was_not_parted_before_is_not_parted_now(made):
    _, births, merged = made
    gain = births.best(merged).gain
    assert gain > 0
    for n_first in (10, 900):
        assert births.run(merged, 1.01 * gain / MARGIN / 900, n_first).shape == (900, 3)
        assert births.run(merged, 0.9 * gain / MARGIN / 900, n_first).shape[1] > 3
    assert births.run(merged, 0.9 * gain / MARGIN / 900, 1_800).shape == (900, 3), (
        "a part of the first tissue gains no more"
    )


def test_part_that_is_known_keeps_its_number(made):
    """Of a merged domain, whichever part is larger."""
    toy, births, merged = made
    whole = np.eye(4, dtype=np.float32)[toy.truth]
    (own,) = births._field.emission.gaussians(whole)
    for part in (0, 3):
        known = Gaussians(own.means[[part, 1, 2]], own.covariances[[part, 1, 2]])
        named = Births(births._field, [known]).run(merged, 0.0, toy.n_spots)
        assert (named.argmax(axis=1) == 0)[toy.truth == part].mean() > 0.9
        assert (named.argmax(axis=1) == 3)[toy.truth == 3 - part].mean() > 0.9


def test_number_is_bounded(made):
    toy, _, merged = made
    components = components_of([toy.features(noise=0.5)], toy.adjacency, settings=DomainSettings(max_new=0))
    assert Births(Field(components)).run(merged, 0.0, toy.n_spots) is merged


def test_most_is_the_gain_of_the_split_that_gains_most(made):
    toy, births, merged = made
    assert births.most(merged) == pytest.approx(births.best(merged).gain, rel=0.1)
    assert births.most(np.eye(4, dtype=np.float32)[toy.truth]) < births.most(merged) / 10
    assert births.most(np.eye(150, dtype=np.float32)[np.arange(900) // 6]) == 0


def test_tiny_domains_are_not_parted(made):
    _, births, _ = made
    lots = np.eye(150, dtype=np.float32)[np.arange(900) // 6]
    assert births.best(lots) is None
