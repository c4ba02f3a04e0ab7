"""Parts of a SpatialData made from a MuData: tables with results, images of the tissue, circles for the spots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy import sparse

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.io._spaceranger_files import RESOLUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mudata import MuData

ATTRS = "spatialdata_attrs"  # uns key, in a table, of the names of its two columns (spatialdata's)
RECORD = "spatialdata"  # uns key of the table of each modality; in a table, of names that spatialdata does not allow
SPOTS = "spots"  # name of the circles
SLOTS = ("obs", "var", "obsm", "varm", "obsp", "uns", "layers")  # whose names spatialdata changes
PARTS = "parts"  # entry of the same: names of what was added of each of several modalities in the table
NAMES = "names"  # entry of the same: names that spatialdata does not allow, and those in their place


def joint_table(mdata: MuData) -> AnnData:
    """Table without features, of everything that the MuData and not its modalities hold; copies."""
    # obsm and obsp hold masks of the modalities, under their names; the image has elements of its own in a SpatialData.
    obsm, obsp = ({key: held[key].copy() for key in held if key not in mdata.mod} for held in (mdata.obsm, mdata.obsp))
    uns = {key: deepcopy(value) for key, value in mdata.uns.items() if key not in (RECORD, ATTRS, _keys.SPATIAL)}
    return AnnData(obs=mdata.obs.copy(), obsm=obsm, obsp=obsp, uns=uns)


def annotated(table: AnnData, note: pd.DataFrame | None = None) -> AnnData:
    """The table, changed, with names that spatialdata allows, and what it annotates: the columns of ``note``, region first."""
    from spatialdata import sanitize_table
    from spatialdata.models import TableModel

    for slot in ("obsm", "varm", "uns"):  # within them spatialdata does not look
        held = getattr(table, slot)
        for key in list(held):
            held[key] = _without_slashes(held[key])
    before = {slot: list(getattr(table, slot)) for slot in SLOTS}
    sanitize_table(table, inplace=True)
    changed = {slot: (names, list(getattr(table, slot))) for slot, names in before.items()}
    changed = {slot: pair for slot, pair in changed.items() if pair[0] != pair[1]}
    if changed:
        kept = {slot: {"was": np.array(was), "now": np.array(now)} for slot, (was, now) in changed.items()}
        table.uns[RECORD] = {**table.uns.get(RECORD, {}), NAMES: kept}
    for key, value in table.uns.items():
        if key.endswith("_colors") and isinstance(value, list):
            table.uns[key] = np.array(value)  # as files give them, and napari-spatialdata wants them
    if note is None:
        return TableModel.parse(table)
    region, instance = note.columns
    table.obs[region] = pd.Categorical(note[region])
    table.obs[instance] = note[instance].to_numpy()
    regions = table.obs[region].cat.categories.tolist()
    keys = {"region_key": region, "instance_key": instance, "overwrite_metadata": True}
    return TableModel.parse(table, region=regions[0] if len(regions) == 1 else regions, **keys)


def original_names(table: AnnData) -> AnnData:
    """The table, changed, with the names that it had before :func:`annotated`, and without the record of them."""
    record = table.uns.pop(RECORD, {})
    for slot, pair in record.get(NAMES, {}).items():
        back = dict(zip(map(str, pair["now"]), map(str, pair["was"]), strict=True))
        held = getattr(table, slot)
        if isinstance(held, pd.DataFrame):
            setattr(table, slot, held.rename(columns=back))
        else:
            setattr(table, slot, {back.get(key, key): value for key, value in held.items()})
    return table


def _without_slashes(value: Any) -> Any:
    """A data frame or mapping whose columns and keys, at any depth, hold no slash, which Zarr does not allow; others as they are."""
    if isinstance(value, pd.DataFrame):
        new = _edge.storable(value.columns)
        return value if new == [str(name) for name in value.columns] else value.set_axis(new, axis=1)
    if isinstance(value, Mapping):
        return {key: _without_slashes(one) for key, one in zip(_edge.storable(value), value.values(), strict=True)}
    return value


def allowed(name: str) -> str:
    """The name as spatialdata allows it: letters, digits, ``_``, ``-`` and ``.``, not two ``_`` first."""
    name = re.sub(r"^__+", "_", re.sub(r"[^\w.-]", "_", name))
    return name if name.strip(".") else "unnamed"


def element_names(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Allowed names of elements for names, none of which is ``taken`` or another's, in lower case either."""
    found, used = {}, {name.lower() for name in taken}
    for name in names:
        new, number = allowed(name), 0
        while new.lower() in used:
            number += 1
            new = f"{allowed(name)}_{number}"
        used.add(new.lower())
        found[name] = new
    return found


def add_results(table: AnnData, holder: AnnData, row: np.ndarray, *, part: str = "") -> None:
    """Write to a table what the holder has in addition; ``row`` is its row for each row of the table, or -1, (n_table,).

    With a ``part``, one of several modalities in the table, names get it in front, and are noted; graphs are left out.
    """
    prefix, added = f"{part}_" if part else "", dict[str, list[str]]()

    def write(slot: str, key: str, values: Any) -> None:
        getattr(table, slot)[prefix + key] = values
        added.setdefault(slot, []).append(key)

    place = _place_of_features(table, holder)
    for slot, at, names in (("obs", row, table.obs_names), ("var", place, table.var_names)):
        if at is None:
            continue
        held, new = getattr(table, slot), spread_values(getattr(holder, slot), at, names)
        for key in new:
            if key not in held or not _same(held[key][at >= 0], new[key][at >= 0]):
                write(slot, key, new[key])
        held = getattr(table, f"{slot}m")
        for key, values in getattr(holder, f"{slot}m").items():
            if sparse.issparse(values):
                continue  # the user's own features, which have no mark for rows that are missing
            many = spread_values(values, at, names)
            if slot == "var":  # zero, as for features that are not used
                many = many.fillna(0) if isinstance(many, pd.DataFrame) else np.nan_to_num(many)
            if key not in held or not _same(held[key][at >= 0], many[at >= 0]):
                write(f"{slot}m", key, many)
    if not part and (row >= 0).sum() == holder.n_obs:
        for key, graph in holder.obsp.items():
            table.obsp[key] = _edge.spread_graph(sparse.csr_matrix(graph), row)
    for key, value in holder.uns.items():
        if key != ATTRS and not (key == _keys.SPATIAL and key in table.uns):
            write("uns", key, deepcopy(value))
    if part:
        record = table.uns.get(RECORD, {})
        noted = {slot: np.array(keys) for slot, keys in added.items()}
        table.uns[RECORD] = {**record, PARTS: {**record.get(PARTS, {}), part: noted}}


def _place_of_features(table: AnnData, holder: AnnData) -> np.ndarray | None:
    """Feature of the holder that each feature of the table is, (n_vars,), -1 for none; None where names do not say."""
    if table.n_vars == holder.n_vars:
        return np.arange(table.n_vars)
    if not holder.n_vars:
        return None
    types = _keys.FEATURE_TYPES if all(_keys.FEATURE_TYPES in one.var for one in (table, holder)) else None
    theirs, ours = (
        one.var_names.astype(str) if types is None else one.var[types].astype(str).str.cat(one.var_names, sep="\n")
        for one in (table, holder)
    )
    if not pd.Index(ours).is_unique or not pd.Index(theirs).is_unique:
        return None
    place: np.ndarray = pd.Index(ours).get_indexer(pd.Index(theirs))
    return place if (place >= 0).sum() == holder.n_vars else None


def spread_values(values: Any, row: np.ndarray, names: pd.Index) -> Any:
    """The ``row`` of a table or matrix for each of the names, missing values where it is -1."""
    lacking = bool((row < 0).any())
    if isinstance(values, pd.DataFrame):
        if lacking:  # a file cannot store a bool that is missing
            values = values.astype({key: "boolean" for key in values if values[key].dtype == bool})
        return values.reset_index(drop=True).reindex(row).set_axis(names)
    values = np.asarray(values)
    if not lacking:
        return values[row]
    return _edge.spread(values if values.dtype.kind == "f" else values.astype(np.float64), row, np.nan)


def _same(one: Any, other: Any) -> bool:
    """Whether two columns or matrices of the same rows hold the same, whatever their dtype."""
    if np.shape(one) != np.shape(other):
        return False
    one, other = (pd.DataFrame(np.asarray(values)) for values in (one, other))
    return bool(((one == other) | (one.isna() & other.isna())).to_numpy().all())


def _positive(value: Any) -> float | None:
    """The number, None where it is none, or not finite and above 0 also when halved."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number / 2 < np.inf else None


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _section(mdata: MuData) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Name of the section, its images and its scale factors; all are empty unless there is one section."""
    for holder in (mdata, *mdata.mod.values()):
        sections = holder.uns.get(_keys.SPATIAL)
        if isinstance(sections, Mapping) and len(sections) == 1:
            ((name, record),) = sections.items()
            if isinstance(record, Mapping):
                return str(name), _mapping(record.get("images")), _mapping(record.get("scalefactors"))
    return "", {}, {}


def image_elements(mdata: MuData) -> dict[str, Any]:
    """Images in the same coordinate system as the spots, ``"global"``, named as spatialdata-io does."""
    from spatialdata.models import Image2DModel
    from spatialdata.transformations import Scale

    name, images, factors = _section(mdata)
    elements = {}
    for resolution in RESOLUTIONS:
        pixels, factor = images.get(resolution), _positive(factors.get(f"tissue_{resolution}_scalef"))
        if pixels is None or factor is None:
            continue
        pixels = np.moveaxis(np.atleast_3d(np.asarray(pixels)), -1, 0)
        to_global = {"global": Scale([1 / factor] * 2, axes=("x", "y"))}
        key = allowed(f"{name}_{resolution}_image")
        channels = {3: ["r", "g", "b"], 4: ["r", "g", "b", "a"]}.get(len(pixels))  # or viewers show each on its own
        elements[key] = Image2DModel.parse(pixels, dims=("c", "y", "x"), c_coords=channels, transformations=to_global)
    return elements


def circles(mdata: MuData, coords: np.ndarray) -> Any:
    """Circles around the coordinates (n_obs, 2), named as the spots: a GeoDataFrame, in ``"global"``. A third column is left out.

    The radius is that of Space Ranger where there is one section, else half the median distance of nearest spots, or a half.
    """
    from scipy.spatial import KDTree
    from spatialdata.models import ShapesModel

    points = np.unique(coords, axis=0)  # Spots that lie on one another have no distance.
    diameter = _positive(_section(mdata)[2].get("spot_diameter_fullres"))
    if diameter is None and len(points) > 1:
        diameter = _positive(np.median(KDTree(points).query(points, k=2)[0][:, 1]))
    radius = 0.5 if diameter is None else diameter / 2
    if coords.shape[1] > 2:
        logger.info("circles are in the plane; the third coordinate stays in obsm['spatial'] of the tables")
    return ShapesModel.parse(coords[:, :2], geometry=0, radius=radius, index=mdata.obs_names.copy())
