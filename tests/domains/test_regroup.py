from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.domains.halves import halving
from spamca.domains.regroup import regroup
from spamca.domains.sectioned import Sectioned


def test_a_domain_missed_in_one_section_is_found(pair):
    domain, section, components = pair
    sectioned = Sectioned(components, section)
    sectioned.correct(sectioned.estimated(np.eye(3)[domain]))
    missed = np.where((section == 1) & (domain == 2), 0, domain)
    found = regroup(sectioned, np.eye(3, dtype=np.float32)[missed], halving(sectioned.field.components)).argmax(axis=1)
    assert adjusted_rand_score(domain, missed) < 0.8
    assert adjusted_rand_score(domain, found) > 0.95
    assert sectioned.field.objective(found, 3) > sectioned.field.objective(missed, 3)


def test_what_is_right_is_not_regrouped(pair):
    domain, section, components = pair
    sectioned = Sectioned(components, section)
    settled = sectioned.settle(np.eye(3)[domain], 20)
    found = regroup(sectioned, settled, halving(sectioned.field.components))
    assert adjusted_rand_score(settled.argmax(axis=1), found.argmax(axis=1)) > 0.99
