from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spamca
from spamca.pl._categories import find_categories


def test_categories_are_asked_for_by_the_name_of_the_argument():
    mdata = spamca.datasets.simulated(n_spots=40, n_domains=3, n_features=4)
    mdata["rna"].obs["leiden"] = pd.Categorical(np.where(np.arange(40) < 10, "a", "b"))
    mdata["rna"].obs["depth"] = np.arange(40)
    assert find_categories(mdata, "rna:leiden", "match").categories == ["a", "b"]
    with pytest.raises(ValueError, match=r"match='rna:depth' holds numbers.* such as 'label'"):
        find_categories(mdata, "rna:depth", "match")
    with pytest.raises(ValueError, match="groupby='rna:gene1' holds numbers"):
        find_categories(mdata, "rna:gene1", "groupby")
    with pytest.raises(KeyError, match=r"groupby='lable' .* did you mean 'label'"):
        find_categories(mdata, "lable", "groupby")
    with pytest.raises(TypeError, match="match must be a string, got 3"):
        find_categories(mdata, 3, "match")
