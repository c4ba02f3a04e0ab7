from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.births import Births
from spamca.domains.field import Field
from spamca.domains.gaussians import Gaussians
from spamca.domains.settings import DEFAULTS, DomainSettings


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of four domains, its field, and an assignment in which the last domain is part of the first."""
    toy = make_toy(30, 30, 4)
    merged = np.eye(3, dtype=np.float32)[np.where(toy.truth == 3, 0, toy.truth)]
    return toy, Field(toy.whitened(toy.features(noise=0.5))), merged


@pytest.fixture(scope="module")
def births(made):
    return Births(made[1])


def test_domain_that_was_merged_is_split_and_others_keep_their_numbers(made, births):
    toy, _, merged = made
    found = births.run(merged, 0.0, toy.n_spots)
    assert found.shape == (900, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.95
    assert (found.argmax(axis=1) == toy.truth)[(toy.truth == 1) | (toy.truth == 2)].mean() > 0.95


def test_whole_domains_stay_whole(made, births):
    whole = made[0].member
    assert births.run(whole, 0.0, 900) is whole


def test_what_was_not_split_in_the_first_tissue_is_not_split_now(made, births):
    """A part of the first tissue gains no more than all of it did."""
    _, _, merged = made
    gain, margin = births.best(merged).gain, DEFAULTS.split_margin
    assert gain > 0
    for n_first in (10, 900):
        assert births.run(merged, 1.01 * gain / margin / 900, n_first).shape == (900, 3)
        assert births.run(merged, 0.9 * gain / margin / 900, n_first).shape[1] > 3
    assert births.run(merged, 0.9 * gain / margin / 900, 1_800).shape == (900, 3)


@pytest.mark.parametrize("part", [0, 3])
def test_known_part_keeps_its_number(made, part):
    """Of a merged domain, whichever part is larger."""
    toy, field, merged = made
    (own,) = field.emission.gaussians(toy.member)
    known = Gaussians(own.means[[part, 1, 2]], own.covariances[[part, 1, 2]])
    named = Births(field, [known]).run(merged, 0.0, toy.n_spots)
    assert (named.argmax(axis=1) == 0)[toy.truth == part].mean() > 0.9
    assert (named.argmax(axis=1) == 3)[toy.truth == 3 - part].mean() > 0.9


@pytest.mark.parametrize("max_new", [0, 1, 2])
def test_number_of_new_domains_is_bounded(made, max_new):
    _, field, merged = made
    given = replace(field.components, settings=DomainSettings(max_new=max_new))
    assert Births(Field(given)).run(0 * merged[:, :1] + 1, 0.0, 900).shape[1] == 1 + max_new


def test_most_is_the_gain_of_the_split_that_gains_most(made, births):
    toy, _, merged = made
    assert births.most(merged) == pytest.approx(births.best(merged).gain, rel=0.1)
    assert births.most(toy.member) < births.most(merged) / 10


def test_tiny_domains_are_not_split(births):
    tiny = np.eye(150, dtype=np.float32)[np.arange(900) // 6]
    assert births.best(tiny) is None
    assert births.most(tiny) == 0
    assert births.run(tiny, 0.0, 900) is tiny
