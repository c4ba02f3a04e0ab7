from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.domains import Block
from spamca.domains.halves import halves
from spamca.domains.regroup import regroup
from spamca.domains.sectioned import Sectioned


def test_a_domain_missed_in_one_section_is_found(pair, together):
    domain, section, adjacency, values = pair
    sectioned = Sectioned(together([Block(values - values.mean(axis=0))], adjacency), section)
    sectioned.correct(sectioned.estimated(np.eye(3)[domain]))
    missed = np.where((section == 1) & (domain == 2), 0, domain)
    smooth = sectioned.field.blocks[0].values
    found = regroup(sectioned, np.eye(3, dtype=np.float32)[missed], lambda spots: halves(smooth[spots]))
    assert adjusted_rand_score(domain, missed) < 0.8
    assert adjusted_rand_score(domain, found.argmax(axis=1)) > 0.95


def test_what_is_right_is_not_regrouped(pair, together):
    domain, section, adjacency, values = pair
    sectioned = Sectioned(together([Block(values - values.mean(axis=0))], adjacency), section)
    settled = sectioned.settle(np.eye(3)[domain], 20)
    smooth = sectioned.field.blocks[0].values
    found = regroup(sectioned, settled, lambda spots: halves(smooth[spots]))
    assert adjusted_rand_score(settled.argmax(axis=1), found.argmax(axis=1)) > 0.99
