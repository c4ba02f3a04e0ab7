import numpy as np
from sklearn.metrics import adjusted_rand_score

from spamca.domains.halves import halving
from spamca.domains.regroup import regroup
from spamca.domains.sectioned import Sectioned


def test_a_domain_missed_in_one_section_is_found_and_what_is_right_stays(pair):
    domain, section, components = pair
    sectioned = Sectioned(components, section)
    settled = sectioned.settle(np.eye(3)[domain], 20)
    missed = np.where((section == 1) & (domain == 2), 0, domain)
    assert adjusted_rand_score(domain, missed) < 0.8
    for start in (np.eye(3, dtype=np.float32)[missed], settled):
        found = regroup(sectioned, start, halving(sectioned.field.components)).argmax(axis=1)
        assert adjusted_rand_score(domain, found) > 0.95
        assert sectioned.field.objective(found, 3) >= sectioned.field.objective(start.argmax(axis=1), 3)
