"""Which element of a SpatialData each row of a table annotates, and where that lies."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData

ATTRS = "spatialdata_attrs"
"""``uns`` key, in a table, of the names of its two columns (spatialdata's)."""

RECORD = "spatialdata"
"""``uns`` key, on the MuData, of the table that each modality was read from."""


@dataclass(frozen=True)
class Annotation:
    """What the rows of a table annotate.

    Parameters
    ----------
    region_key, instance_key
        Columns of ``obs``.
    region
        Name of the element, (n_rows,), strings.
    instance
        Index within the element, (n_rows,), as it is.
    """

    region_key: str
    instance_key: str
    region: np.ndarray
    instance: np.ndarray

    def keys(self, *, with_region: bool) -> pd.Index:
        """Region and instance of each row, or the instance alone, as strings."""
        instance = pd.Index(self.instance).astype(str)
        return pd.Index(self.region).astype(str) + "_" + instance if with_region else instance

    def take(self, position: np.ndarray) -> Annotation:
        """Annotation of some of the rows."""
        return replace(self, region=self.region[position], instance=self.instance[position])


def annotation(table: AnnData, name: str) -> Annotation | None:
    """What the rows of a table annotate; None where it annotates nothing.

    Raises
    ------
    KeyError
        If a column is missing that ``uns["spatialdata_attrs"]`` names.
    """
    attrs = table.uns.get(ATTRS)
    if not attrs:
        return None
    keys = {key: str(attrs[key]) for key in ("region_key", "instance_key")}
    if missing := [key for key in keys.values() if key not in table.obs]:
        msg = f"obs of {name!r} lacks {missing}, which uns['spatialdata_attrs'] names; set it, or parse the table anew"
        raise KeyError(msg)
    region, instance = (table.obs[key].to_numpy() for key in keys.values())
    return Annotation(keys["region_key"], keys["instance_key"], np.asarray(region).astype(str), np.asarray(instance))


def row_names(tables: Mapping[str, AnnData], verb: str) -> dict[str, pd.Index]:
    """Names of the rows of each table under which the same instance has the same name in all.

    These are ``obs_names`` where they do that already, else regions and instances. Where tables annotate no element in
    common, there are only ``obs_names``: equal numbers within different elements need not mean the same spot (bins of
    Visium HD of different sizes).
    """
    names = {name: table.obs_names for name, table in tables.items()}
    notes = {name: annotation(table, name) for name, table in tables.items()}
    if any(note is None for note in notes.values()):
        if any(note is not None for note in notes.values()):
            without = [name for name, note in notes.items() if note is None]
            logger.info("%s: %s annotate no region, so rows are matched by obs_names", verb, without)
        return names
    regions = {name: set(note.region.tolist()) for name, note in notes.items()}
    if not set.intersection(*regions.values()):
        logger.info("%s: %s annotate different elements, so rows are matched by obs_names", verb, list(names))
        return names
    several = len(set.union(*regions.values())) > 1
    keys = {name: note.keys(with_region=several) for name, note in notes.items()}
    pairs = pd.DataFrame(
        {
            "key": np.concatenate([np.asarray(key) for key in keys.values()]),
            "name": np.concatenate([np.asarray(index) for index in names.values()]),
        }
    ).drop_duplicates()
    if not pairs["key"].duplicated().any() and not pairs["name"].duplicated().any():
        return names
    logger.info(
        "%s: obs_names of %s do not tell spots apart as their instances do; named after those", verb, list(names)
    )
    return keys


def centroids(sdata: Any, note: Annotation, coordinate_system: str, name: str) -> np.ndarray:
    """Centroids of what the rows of a table annotate.

    Parameters
    ----------
    sdata
        The SpatialData.
    note
        What the rows annotate.
    coordinate_system
        Where to.
    name
        Name of the table, for messages.

    Returns
    -------
    Shape (n_rows, 2), float64.

    Raises
    ------
    KeyError
        If an element is missing, or an instance in it.
    ValueError
        If an element has no place in the coordinate system.
    """
    from spatialdata import get_centroids
    from spatialdata.transformations import get_transformation

    out = np.full((len(note.region), 2), np.nan)
    for region in np.unique(note.region).tolist():
        if region not in sdata:
            msg = f"table {name!r} annotates {region!r}, which is not in sdata; set obsm['spatial'] of the table, or add it"
            raise KeyError(msg)
        systems = list(get_transformation(sdata[region], get_all=True))
        if coordinate_system not in systems:
            msg = f"coordinate_system={coordinate_system!r} is not one of {region!r}, which has {systems}"
            raise ValueError(msg)
        with warnings.catch_warnings():
            # Of no matter here: rows are looked up by their index.
            warnings.filterwarnings("ignore", message="The index of the dataframe is not monotonic")
            points = get_centroids(sdata[region], coordinate_system).compute()
        rows = np.flatnonzero(note.region == region)
        place = pd.Index(points.index).astype(str).get_indexer(pd.Index(note.instance[rows]).astype(str))
        if (place < 0).any():
            lost = note.instance[rows][place < 0].tolist()
            msg = (
                f"table {name!r} annotates {len(lost)} instances that {region!r} does not have, e.g. {lost[0]!r}; set "
                "obsm['spatial'] of the table, or leave those rows out"
            )
            raise KeyError(msg)
        out[rows] = points[["x", "y"]].to_numpy(dtype=np.float64)[place]
    return out
