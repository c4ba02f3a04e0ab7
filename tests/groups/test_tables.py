from __future__ import annotations

import numpy as np

from spamca.groups import Design, comparison
from spamca.groups.tables import mean_of, q_values


def test_a_row_for_each_group_but_the_reference():
    values = np.random.default_rng(0).normal(size=(12, 2))
    design = Design(np.repeat([0, 1, 2], 4))
    keys = {"domain": ["x", "y"]}
    table = comparison("share", keys, values, 2 * values, design, ["a", "b", "c"], 1)
    assert table["group"].tolist() == ["a", "a", "c", "c"]
    assert table["domain"].tolist() == ["x", "y"] * 2
    assert set(table["reference"]) == {"b"}
    np.testing.assert_allclose(table["mean_group"][2:], 2 * values[8:].mean(axis=0))
    np.testing.assert_allclose(table["effect"][:2], values[:4].mean(axis=0) - values[4:8].mean(axis=0))


def test_q_values_by_hand():
    np.testing.assert_allclose(q_values(np.array([0.01, np.nan, 0.04, 0.03])), [0.03, np.nan, 0.04, 0.04])
    assert np.isnan(q_values(np.full(2, np.nan))).all()


def test_means_of_what_is_known():
    found = mean_of(np.array([[1.0, np.nan], [3.0, np.nan]]))
    assert found[0] == 2
    assert np.isnan(found[1])
