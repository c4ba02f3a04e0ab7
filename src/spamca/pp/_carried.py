"""A modality with its values on the spots of another, and the MuData of all that are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.features import KINDS, Opened, in_blocks, infer_kind
from spamca.onto import MEANS, SPARSER, SUMS, carried, how_of
from spamca.pp._apart import sections_of
from spamca.pp._modality import without_empty

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.onto import Joined

METHOD = {SUMS: "area", MEANS: "nearest"}
"""How points are divided by default: means over points that spots share would give these the same noise."""

FEW = 0.5
"""Share of covered spots below which the map of a modality is doubted."""

_TABLE_NUMBERS = ("spot_spacing", "point_spacing", "max_distance")


def kept_modality(mdata: MuData, name: str, reference: str) -> AnnData:
    """A copy of a modality on spots of the reference, without other spots that it has."""
    inside = mdata[name].obs_names.isin(mdata[reference].obs_names)
    lost = "" if inside.all() else f"; {(~inside).sum()} others are left out"
    logger.info("onto_spots: %r is on %d spots of %r already%s", name, inside.sum(), reference, lost)
    return _edge.in_memory(mdata[name][inside] if lost else mdata[name])


def points_of(modality: AnnData, name: str) -> Opened:
    """A modality at places of its own, without points where it holds nothing, which are logged."""
    return without_empty(Opened(modality, np.ones(modality.n_obs, dtype=bool)), name, "onto_spots")


def matrices_of(held: Opened) -> dict[str, Any]:
    """Matrices of the points that hold something and all features, ``"X"`` and the layers, by name: blocks where they are not in memory."""
    layers = held.modality.layers
    found = {"X": in_blocks(held.modality.X)}
    found |= {key: in_blocks(layers[key], f"layers[{key!r}]") for key in layers if key}
    return {key: held.rows(X) for key, X in found.items() if X is not None}


def ways_of(held: Opened, name: str, aggregate: str | None) -> dict[str, str]:
    """What becomes of several values of each matrix: counts of a kind that has counts are summed, anything else averaged.

    ValueError if values that are not counts are to be summed.
    """
    ways = {"X": MEANS}
    counted = held.X is not None and KINDS[infer_kind(name, held)].counts
    for key, X in matrices_of(held).items():
        _checks.check_features(X, name)
        ways[key] = aggregate or (how_of(X) if counted else MEANS)
        if aggregate == SUMS and how_of(X) != SUMS:
            msg = f"aggregate='sum' of {name!r}: {key} holds no counts, whole numbers from 0, to be summed; pass 'mean'"
            raise ValueError(msg)
    return ways


def carried_modality(
    mdata: MuData,
    name: str,
    reference: str,
    held: Opened,
    found: Joined,
    ways: dict[str, str],
    *,
    spatial_key: str,
    random_state: int,
) -> AnnData:
    """The modality on those spots of the reference that have it, its matrices in their ``ways``; ValueError if no spot has it."""
    from anndata import AnnData

    modality, covered = mdata[name], found.shares.covered
    if not covered.any():
        raise ValueError(_nothing(name, reference, found))
    shares = found.shares.of(held.measured)
    values = {key: carried(X, shares, ways[key], random_state)[covered] for key, X in matrices_of(held).items()}
    obs = pd.DataFrame(index=mdata[reference].obs_names[covered])
    obs[_keys.N_POINTS] = found.shares.n_points[covered]
    obs[_keys.DISTANCE] = found.shares.distance[covered]
    made = AnnData(values.pop("X", None), obs=obs, var=modality.var.copy(), layers=values)
    _log_carried(name, reference, held, found, ways["X"], spatial_key)
    return made


def record_of(found: Joined, sections: np.ndarray, method: str, aggregate: str) -> dict[str, Any]:
    """What is kept of how a modality came onto the spots; ``sections`` is that of each point, (n_points,)."""
    return {
        "method": method,
        "aggregate": aggregate,
        "sections": found.table,
        "transform": found.maps,
        "points": found.points,
        "section_of_point": found.table.index.get_indexer(sections),
    }


def assembled(
    mdata: MuData, mod: dict[str, AnnData], reference: str, spots: np.ndarray, record: dict[str, Any]
) -> MuData:
    """A MuData of modalities on the spots of the reference, at (n_spots, 2), with the record and what ``mdata`` says of them."""
    from mudata import MuData

    key, names = record["spatial_key"], mod[reference].obs_names
    for modality in mod.values():
        modality.obsm[key] = spots[names.get_indexer(modality.obs_names)]
    if (column := record.get("library_key")) is not None:
        sections = pd.Series(sections_of(mdata, reference, column), index=names)
        for modality in mod.values():
            if column not in modality.obs:
                modality.obs[column] = pd.Categorical(sections[modality.obs_names])
    with _edge.without_pull():
        made = MuData(mod)
    pulled = [one for one in mdata.obs if any(str(one).startswith(_keys.pulled(name, "")) for name in mdata.mod)]
    for one, values in mdata.obs.drop(columns=pulled).reindex(made.obs_names).items():
        made.obs[one] = values.cat.remove_unused_categories() if hasattr(values, "cat") else values
    made.obsm[key] = spots[names.get_indexer(made.obs_names)]
    image = mod[reference].uns.get(_keys.SPATIAL, mdata.uns.get(_keys.SPATIAL))
    if image is not None:
        made.uns[_keys.SPATIAL] = image
    made.uns[_keys.ONTO_SPOTS] = record
    return made


def _log_carried(name: str, reference: str, held: Opened, found: Joined, way: str, spatial_key: str) -> None:
    """Log what the modality became."""
    modality, n_points = held.modality, int(held.measured.sum())
    covered, numbers = found.shares.covered, found.table[list(_TABLE_NUMBERS)].median()
    spot_spacing, point_spacing, reach = (f"{numbers[one]:.4g}" for one in _TABLE_NUMBERS)
    what = "%d points of %r (spacing %s) on %d of %d spots of %r (spacing %s) by %s; no point further than %s counts"
    facts = (n_points, name, point_spacing, covered.sum(), len(covered), reference, spot_spacing, way, reach)
    logger.info(f"onto_spots: {what}", *facts)
    residuals = found.table["residual"].dropna()
    if len(residuals):
        logger.info("onto_spots: landmarks of %r miss by %.4g (root mean square)", name, residuals.max())
    if unused := n_points - found.shares.n_used:
        logger.info("onto_spots: %d points of %r are near no spot and are left out", unused, name)
    sparse_points = numbers["point_spacing"] > SPARSER * numbers["spot_spacing"]
    if way == MEANS and sparse_points:
        advice = "most spots lack it or repeat a point of their neighbours, noise included; reference=%r is the better choice"
        logger.warning(f"onto_spots: points of %r are sparser than spots of %r: {advice}", name, reference, name)
    left = {"obs": list(modality.obs), "obsm": [key for key in modality.obsm if key != spatial_key]}
    for slot, keys in left.items():
        if keys:
            logger.info("onto_spots: %s of %r describes its points and is left out: %s", slot, name, keys)
    if covered.mean() < FEW and not sparse_points:
        advice = "look at spamca.pl.overlay, give a transform, or a larger max_distance"
        logger.warning("onto_spots: only %d of %d spots have %r; %s", covered.sum(), len(covered), name, advice)


def _nothing(name: str, reference: str, found: Joined) -> str:
    reach = float(found.table["max_distance"].median())
    nearest = float(found.shares.distance.min()) if len(found.shares.distance) else np.inf
    if not np.isfinite(nearest):
        why = f"no section has both; sections of {name!r} are {list(found.table.index)}"
    else:
        why = f"the nearest of its points is {nearest:.4g} away and none further than {reach:.4g} counts"
    return (
        f"no spot of {reference!r} has {name!r}: {why}; bring its coordinates into the space of {reference!r} with "
        f"transform={{{name!r}: matrix or landmarks}}, or pass a larger max_distance"
    )
