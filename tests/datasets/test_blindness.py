from __future__ import annotations

import numpy as np
import pytest

from spamca.datasets._blindness import seen_as


@pytest.mark.parametrize("n_modalities", [2, 3, 4])
@pytest.mark.parametrize("n_domains", [3, 4, 5, 8, 13])
def test_no_modality_sees_all_and_together_they_do(n_domains, n_modalities):
    classes = seen_as(n_domains, n_modalities)
    assert classes.shape == (n_domains, n_modalities)
    assert len(np.unique(classes, axis=0)) == n_domains
    for modality in classes.T:
        assert len(np.unique(modality)) == n_domains - n_domains // 2
        assert np.bincount(modality).max() == 2


@pytest.mark.parametrize(("n_domains", "n_modalities"), [(5, 1), (2, 2), (1, 3)])
def test_nothing_is_merged_where_nobody_could_tell(n_domains, n_modalities):
    assert (seen_as(n_domains, n_modalities) == np.arange(n_domains)[:, None]).all()
