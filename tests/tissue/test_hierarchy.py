import numpy as np
import pandas as pd

import spamca
from spamca.domains import Hierarchy
from spamca.tissue import write_hierarchy


def test_names_and_colours_follow_the_domains():
    mdata = spamca.datasets.simulated(n_spots=20, n_domains=2, n_features=3)
    mdata.obs["spamca"] = pd.Categorical(["x", "y"] * 10)
    mdata.uns["spamca_colors"] = ["#000001", "#000002"]
    two = np.tile([0, 1], 10)
    three = np.where(np.arange(20) < 4, two, 2 * two)
    support = [{0: 1.0, 1: 0.9}, {0: 1.0, 1: 0.8, 2: 0.7}]
    tree = Hierarchy(np.array([2, 3]), np.column_stack([two, three]), np.ones(2), np.ones(2), support)
    write_hierarchy(mdata, tree, [3], "spamca", {})
    record = mdata.uns["spamca_hierarchy"]
    assert record["domains"] == ["x", "y", "2"]
    assert record["colors"][:2] == ["#000001", "#000002"]
    assert mdata.obs["spamca_3"].value_counts().to_dict() == {"x": 10, "2": 8, "y": 2}
    assert mdata.uns["spamca_3_colors"] == record["colors"]
    rows = record["nodes"].set_index(["level", "domain"])
    assert rows.loc[(3, "2")].to_dict() == {"parent": "y", "n_spots": 8, "support": 0.7}
