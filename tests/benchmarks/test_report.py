from __future__ import annotations

import pandas as pd
import pytest
from benchmarks import report


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [(1, "0.500"), (3, "0.500 ± 0.100 (3 seeds)"), (report.N_SEEDS, "0.500 ± 0.100")],
)
def test_one_seed_has_no_spread(seeds, expected):
    assert report.cell(pd.Series({"ARI": 0.5, "ARI sd": 0.1, "seeds": seeds})) == expected


def test_a_set_without_labels_has_no_ari():
    assert report.cell(pd.Series({"ARI": float("nan"), "ARI sd": float("nan"), "seeds": 3})) == ""
