from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from spamca.domains.births import Births
from spamca.domains.field import Field
from spamca.domains.gaussians import Gaussians
from spamca.domains.settings import DomainSettings


@pytest.fixture(scope="module")
def made(make_toy):
    """Tissue of four domains, its field, what splits domains, and an assignment in which the last is part of the first."""
    toy = make_toy(30, 30, 4)
    field = Field(toy.whitened(toy.features(noise=0.5)))
    return toy, field, Births(field), np.eye(3, dtype=np.float32)[np.where(toy.truth == 3, 0, toy.truth)]


def test_domain_that_was_merged_is_split_and_whole_or_tiny_ones_are_not(made):
    toy, _, births, merged = made
    found = births.run(merged, 0.0, toy.n_spots)
    assert found.shape == (900, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert adjusted_rand_score(toy.truth, found.argmax(axis=1)) > 0.95
    assert (found.argmax(axis=1) == toy.truth)[np.isin(toy.truth, (1, 2))].mean() > 0.95, "others keep their numbers"
    whole, tiny = toy.member, np.eye(150, dtype=np.float32)[np.arange(900) // 6]
    assert births.run(whole, 0.0, 900) is whole
    assert births.run(tiny, 0.0, 900) is tiny
    assert births.best(tiny) is None
    assert births.most(tiny) == 0
    gain = births.best(merged).gain
    assert births.most(merged) == pytest.approx(gain, rel=0.1)
    assert births.most(whole) < gain / 10


def test_new_domains_gain_more_than_splits_of_the_first_tissue_and_are_bounded(made):
    """A part of the first tissue gains no more than all of it did; the margin is 1.5."""
    _, field, births, merged = made
    spare = births.best(merged).gain / 1.5 / 900
    for times, n_first, grows in ((1.01, 10, False), (1.01, 900, False), (0.9, 10, True), (0.9, 1_800, False)):
        assert (births.run(merged, times * spare, n_first).shape[1] > 3) is grows
    for n in (0, 1, 2):
        bounded = Births(Field(replace(field.components, settings=DomainSettings(max_new=n))))
        assert bounded.run(np.ones((900, 1), dtype=np.float32), 0.0, 900).shape[1] == 1 + n


@pytest.mark.parametrize("part", [0, 3])
def test_known_part_keeps_its_number(made, part):
    """Of a merged domain, whichever part is larger."""
    toy, field, _, merged = made
    (own,) = field.emission.gaussians(toy.member)
    known = Gaussians(own.means[[part, 1, 2]], own.covariances[[part, 1, 2]])
    named = Births(field, [known]).run(merged, 0.0, toy.n_spots).argmax(axis=1)
    assert (named == 0)[toy.truth == part].mean() > 0.9
    assert (named == 3)[toy.truth == 3 - part].mean() > 0.9
