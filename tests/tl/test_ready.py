from __future__ import annotations

import numpy as np
import pytest

from spamca.tl._ready import check_trust


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"atac": 1.0}, KeyError, "modality_trust names modality 'atac'.*rna"),
        ({"rna": 1.5}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got 1.5"),
        ({"rna": -0.1}, ValueError, r"modality_trust\['rna'\] must lie between 0 and 1, got -0.1"),
        ({"rna": float("nan")}, ValueError, r"modality_trust\['rna'\].*nan"),
        ({"rna": "much"}, TypeError, r"modality_trust\['rna'\] must be a number, got 'much'"),
        ({"rna": None}, TypeError, r"modality_trust\['rna'\] must be a number, got None"),
        ({"rna": 0, "protein": 0.0}, ValueError, "modality_trust must trust at least one modality"),
        (0.5, TypeError, "modality_trust must be a mapping.*got 0.5"),
        (["rna"], TypeError, "modality_trust must be a mapping"),
    ],
)
def test_trust_is_checked(tissue, given, error, says):
    with pytest.raises(error, match=says):
        check_trust(tissue, given)


@pytest.mark.parametrize("given", [None, {}, {"rna": 0}, {"rna": 0, "protein": 1}, {"rna": np.float32(0.5)}])
def test_trust_that_will_do(tissue, given):
    check_trust(tissue, given)
