"""Categories of spots and their colours, on a MuData and in each of its modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _edge
from spamca._colors import write_colors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from mudata import MuData


def write_labels(mdata: MuData, labels: pd.Categorical, colors: Mapping[str, str], column: str) -> None:
    """Write labels (n_obs,) to a column of ``obs``, and the colour of each category, by its name, to ``uns``."""
    mdata.obs[column] = labels
    write_colors(mdata.uns, column, labels.categories, [colors[category] for category in labels.categories])
    _edge.drop_pulled(mdata, column)
    for name, modality in mdata.mod.items():
        # squidpy wants no category without a spot, and as many colours as categories.
        own = _edge.collect(labels, _edge.rows(mdata, name), modality.n_obs).remove_unused_categories()
        modality.obs[column] = own
        write_colors(modality.uns, column, own.categories, [colors[category] for category in own.categories])
