"""Tables as spatialdata wants them, and the one that holds what a MuData knows of all spots."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata import AnnData

from spamca import _keys
from spamca.io._regions import ATTRS, RECORD

if TYPE_CHECKING:
    from collections.abc import Container

    from mudata import MuData

    from spamca.io._regions import Annotation


def joint_table(mdata: MuData) -> AnnData:
    """Table without features, of everything that the MuData and not its modalities hold; copies."""
    # obsm and obsp hold masks of the modalities, under their names.
    own = {slot: [key for key in getattr(mdata, slot) if key not in mdata.mod] for slot in ("obsm", "obsp")}
    # The image has elements of its own in a SpatialData.
    uns = {key: deepcopy(value) for key, value in mdata.uns.items() if key not in (RECORD, ATTRS, _keys.SPATIAL)}
    return AnnData(
        obs=mdata.obs.copy(),
        obsm={key: mdata.obsm[key].copy() for key in own["obsm"]},
        obsp={key: mdata.obsp[key].copy() for key in own["obsp"]},
        uns=uns,
    )


def annotated(table: AnnData, note: Annotation | None) -> AnnData:
    """The table, with names that spatialdata allows, annotating what ``note`` says, or what it annotated before.

    Parameters
    ----------
    table
        The caller's own; changed.
    note
        One entry a row.
    """
    from spatialdata import sanitize_table
    from spatialdata.models import TableModel

    sanitize_table(table, inplace=True)
    if note is None:
        return TableModel.parse(table)
    table.obs[note.region_key] = pd.Categorical(note.region)
    table.obs[note.instance_key] = note.instance
    regions = np.unique(note.region).tolist()
    return TableModel.parse(
        table,
        region=regions[0] if len(regions) == 1 else regions,
        region_key=note.region_key,
        instance_key=note.instance_key,
        overwrite_metadata=True,
    )


def free_name(name: str, taken: Container[str]) -> str:
    """The name, or one made from it that is not taken."""
    while name in taken:
        name = f"spatialdata_{name}"
    return name
