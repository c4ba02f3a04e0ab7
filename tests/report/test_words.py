from __future__ import annotations

import numpy as np
import pytest

from spamca._report.words import NONE, count, decimal, listed, number_of, plain, share


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (0.004, "0.4 %"), (0.236, "24 %"), (0.996, "99.6 %"), (1.0, "100 %"), (np.nan, NONE)],
)
def test_share(value, text):
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.500"),
        (-1.234, "-1.23"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (2e-7, "2.0e-07"),
        (np.inf, NONE),
    ],
)
def test_decimal(value, text):
    assert decimal(value) == text


def test_names_and_numbers():
    assert count(3484) == "3,484"
    assert [number_of(1, "modality"), number_of(2, "modality"), number_of(3484, "spot")] == [
        "1 modality",
        "2 modalities",
        "3,484 spots",
    ]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == [NONE, "a", "a, b and c"]
    assert [plain(np.array([1, 2])), plain(0.1), plain(None), plain(()), plain(np.array("x"))] == [
        "1, 2",
        "0.1",
        NONE,
        NONE,
        "x",
    ]
