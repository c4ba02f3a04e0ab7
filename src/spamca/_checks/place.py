"""Whether the spots have coordinates and sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca import _edge, _keys
from spamca._checks.arguments import check_finite, check_name
from spamca._group import ALONE
from spamca._logging import logger

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca._group import Group

LARGEST = 1e100
"""Coordinates beyond it have squares that are no numbers; nor do differences below one over it."""

MOST_SLICES = 30
"""Most slices of a block that are shown side by side."""


def check_coordinates(mdata: MuData, basis: str = _keys.SPATIAL, group: Group = ALONE) -> np.ndarray:
    """Coordinates of all spots, (n_obs, 2), or (n_obs, 3) where the third ones differ, in any of several processes, float64.

    They come from ``mdata.obsm[basis]``, else from the first modality that has the spot. KeyError if there are none;
    ValueError if they are not two or three finite numbers for each spot, or if modalities that must be joined disagree.
    """
    check_name("spatial_key", basis)
    if basis in mdata.mod:
        msg = f"spatial_key={basis!r} collides with a modality of that name; rename the modality, or name another slot"
        raise ValueError(msg)
    held = {name: modality.obsm[basis] for name, modality in mdata.mod.items() if basis in modality.obsm}
    coords = {name: checked_coordinates(values, f"mdata[{name!r}]", basis) for name, values in held.items()}
    if basis in mdata.obsm:
        joined = checked_coordinates(mdata.obsm[basis], "mdata", basis)
    elif coords:
        joined = _joined_coordinates(mdata, coords, basis)
    else:
        msg = (
            f"no coordinates: neither mdata.obsm[{basis!r}] nor obsm[{basis!r}] of a modality exists; set "
            f"mdata.obsm[{basis!r}] to an array of shape ({mdata.n_obs}, 2), or name the slot with spatial_key"
        )
        raise KeyError(msg)
    group.agree("give each process x and y, or x, y and z", {f"number of columns of obsm[{basis!r}]": joined.shape[1]})
    if joined.shape[1] == 3 and not np.ptp(group.gather((joined[:, 2].min(), joined[:, 2].max()))):
        logger.info("the third coordinate in obsm[%r] is %g everywhere and is left out", basis, joined[0, 2])
        joined = joined[:, :2].copy()
    _check_extent(joined, basis)
    for name, values in coords.items():
        row, n = _edge.rows(mdata, name), min(joined.shape[1], values.shape[1])
        if not np.allclose(joined[row >= 0, :n], values[row[row >= 0], :n]):
            source = "mdata" if basis in mdata.obsm else f"mdata[{next(iter(coords))!r}]"
            logger.info("coordinates are those of %s; mdata[%r].obsm[%r] differs and is not used", source, name, basis)
    return joined


def checked_coordinates(values: Any, where: str, basis: str) -> np.ndarray:
    """Coordinates that a slot of ``obsm`` holds, (n, 2) or (n, 3), float64; ValueError if they are not finite numbers."""
    slot = f"{where}.obsm[{basis!r}]"
    values = values if sparse.issparse(values) else np.asarray(values)
    if values.ndim != 2 or values.shape[1] not in (2, 3):
        msg = f"{slot} must have two columns, x and y, or three, got shape {values.shape}; set it to an array of shape (n_obs, 2)"
        raise ValueError(msg)
    try:
        if values.dtype.kind == "c":  # the cast would only warn
            raise TypeError
        coords: np.ndarray = (values.toarray() if sparse.issparse(values) else values).astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{slot} must hold numbers, got {values.dtype}; set it to an array of numbers of shape (n_obs, 2)"
        raise ValueError(msg) from error
    check_finite(coords, slot, "coordinates", "set them or leave those spots out")
    return coords


def _check_extent(coords: np.ndarray, basis: str) -> None:
    """Whether squares of coordinates (n_obs, 2) or (n_obs, 3) and of their differences are numbers (ValueError)."""
    largest = np.abs(coords).max(initial=0)
    extent = np.ptp(coords / largest, axis=0).max() * largest if largest else 0.0
    if largest > LARGEST or 0 < extent < 1 / LARGEST:
        is_what = f"reach {largest:.3g}" if largest > LARGEST else f"differ by {extent:.3g} at most"
        msg = f"coordinates in obsm[{basis!r}] {is_what}, which is beyond the precision of distances; give them in another unit"
        raise ValueError(msg)


def _joined_coordinates(mdata: MuData, coords: dict[str, np.ndarray], basis: str) -> np.ndarray:
    if (n_columns := min(values.shape[1] for values in coords.values())) == 2:
        for name, values in coords.items():
            if np.ptp(values[:, 2:]) if values.shape[1] > 2 else 0:
                msg = (
                    f"obsm[{basis!r}] of modality {name!r} has three columns, and that of another one two; give each as many, or set "
                    f"mdata.obsm[{basis!r}]"
                )
                raise ValueError(msg)
    joined = np.full((mdata.n_obs, n_columns), np.nan)
    for name, values in coords.items():
        values = values[:, :n_columns]
        values = _edge.spread(values, _edge.rows(mdata, name), np.nan)
        has, missing = ~np.isnan(values[:, 0]), np.isnan(joined[:, 0])
        fills, both = missing & has, ~missing & has
        if fills.any() and not np.allclose(joined[both], values[both]):
            msg = (
                f"obsm[{basis!r}] of modality {name!r} disagrees with that of the modalities before it on the spots they "
                f"share, so they cannot be joined; set mdata.obsm[{basis!r}] to coordinates in one frame"
            )
            raise ValueError(msg)
        joined[fills] = values[fills]
    missing = np.isnan(joined[:, 0])
    if missing.any():
        msg = (
            f"{missing.sum()} spots have no coordinates, e.g. {mdata.obs_names[missing.argmax()]!r}: modalities "
            f"{[name for name in mdata.mod if name not in coords]} lack obsm[{basis!r}]; set mdata.obsm[{basis!r}]"
        )
        raise ValueError(msg)
    return joined


def flat(coords: np.ndarray, sections: np.ndarray | None, what: str) -> np.ndarray:
    """Coordinates in the plane, (n_obs, 2), of sections (n_obs,) each of which is flat (ValueError); ``what`` begins the message."""
    if coords.shape[1] == 2:
        return coords
    n_slices, n_sections, _ = _sliced(coords, sections)
    if n_slices > n_sections:
        msg = (
            f"{what}, and the coordinates have a third column that differs within a section; name a column of obs with "
            "library_key whose sections each have one, or coordinates with two columns with spatial_key"
        )
        raise ValueError(msg)
    return coords[:, :2]


def slices(coords: np.ndarray, library: np.ndarray | None, what: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Coordinates in the plane, (n_obs, 2), and section of each spot (n_obs,): of a block numbers, one for each third coordinate.

    ValueError, which ``what`` begins, if there are more than :data:`MOST_SLICES` in a section. Numbers rise with section and coordinate.
    """
    if coords.shape[1] == 2:
        return coords, library
    n_slices, n_sections, number = _sliced(coords, library)
    if n_slices > (most := MOST_SLICES * n_sections):
        msg = (
            f"{what} slices of one third coordinate, {most} at most, and there are {n_slices}; take a part of the tissue such as "
            "mdata[mdata.obsm['spatial'][:, 2] < 10].copy(), or name coordinates with two columns with spatial_key"
        )
        raise ValueError(msg)
    return coords[:, :2], number


def _sliced(coords: np.ndarray, library: np.ndarray | None) -> tuple[int, int, np.ndarray]:
    """Number of slices, parts of sections with one third coordinate, number of sections, and slice of each spot, (n_obs,)."""
    section = np.zeros(len(coords)) if library is None else np.unique(library, return_inverse=True)[1].ravel()
    found, number = np.unique(np.column_stack([section, coords[:, 2]]), axis=0, return_inverse=True)
    return len(found), len(np.unique(section)), number.ravel()


def check_library(mdata: MuData, library_key: str | None, argument: str = "library_key") -> np.ndarray | None:
    """Section of each spot as strings, (n_obs,), from ``obs`` of the MuData or of the modalities; None for None.

    KeyError if neither has the column, ValueError if a spot has no section. ``argument`` is the caller's word for messages.
    """
    import pandas as pd

    if library_key is None:
        return None
    check_name(argument, library_key)
    section = library_of(mdata, library_key, argument)
    missing = pd.isna(section)
    if missing.any():
        msg = f"{argument}={library_key!r} has no value for {missing.sum()} spots; set mdata.obs[{library_key!r}]"
        raise ValueError(msg)
    return section.astype(str)


def library_of(mdata: MuData, name: str, argument: str = "library_key") -> np.ndarray:
    """Values of a column of ``obs`` of the MuData or of modalities, objects (n_obs,), None or NaN where it has none; KeyError if neither has it."""
    import pandas as pd

    holders = {where: holder for where, holder in (("mdata", mdata), *mdata.mod.items()) if name in holder.obs}
    if not holders:
        msg = f"{argument}={name!r} is not a column of mdata.obs or of obs of a modality"
        raise KeyError(msg)
    section = np.full(mdata.n_obs, None, dtype=object)
    for where, holder in holders.items():
        values = holder.obs[name].astype(object).to_numpy()
        values = values if holder is mdata else _edge.spread(values, _edge.rows(mdata, where), np.nan)
        section = np.where(pd.isna(section), values, section)
    return section


def find_library_key(mdata: MuData, library_key: str | None, caller: str) -> str | None:
    """Column with the sections: the one given, else that of the spatial graph if it is still there; None if there is none."""
    if library_key is not None:
        return library_key
    found = recorded_library_key(mdata)
    if found is None or not any(found in holder.obs for holder in (mdata, *mdata.mod.values())):
        return None
    logger.info("%s: sections are those of library_key=%r, as in the spatial graph", caller, found)
    return found


def recorded_library_key(mdata: MuData) -> str | None:
    """Column with the sections that the spatial graph was built with, even if it is no longer there."""
    found = graph_params(mdata).get("library_key")
    return found if isinstance(found, str) else None


def graph_params(holder: MuData | AnnData, name: str = _keys.SPATIAL) -> Mapping[str, Any]:
    """Parameters in the record of a spatial graph, of a MuData or modality; empty where there is none."""
    record = holder.uns.get(_keys.spatial_record(name))
    params = record.get("params") if isinstance(record, Mapping) else None
    return params if isinstance(params, Mapping) else {}
