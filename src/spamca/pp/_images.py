"""Images of the sections of a tissue, given or found in ``uns["spatial"]``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.pictures import Picture, from_array, from_element

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

RESOLUTIONS = ("fullres", "hires", "lowres")
"""Names of images in the record of a section, finest first, and what their scale factors are named after."""


class Shown(NamedTuple):
    """The image of one section, and the diameter of a spot in units of the coordinates, if it is recorded."""

    picture: Picture
    diameter: float | None


def images_of(
    mdata: MuData, image: Any, sections: list[str], scale: float | None, coordinate_system: str, library_key: str | None
) -> dict[str, Shown]:
    """The image of each section, by name: one given for all, a mapping by section, or that in ``uns["spatial"]`` for None.

    KeyError where a section has none, TypeError or ValueError where something is no image.
    """
    if image is None:
        return _recorded(mdata, sections, library_key)
    if not isinstance(image, Mapping) or _is_element(image):
        if len(sections) > 1:
            msg = f"image must be a mapping by section, as {library_key!r} has several: {sections}"
            raise ValueError(msg)
        image = {sections[0]: image}
    given = {str(name): one for name, one in image.items()}
    if missing := [name for name in sections if name not in given]:
        msg = f"image has none for the sections {missing} of {library_key!r}; it has {list(given)}"
        raise KeyError(msg)
    return {name: Shown(_picture(given[name], scale, coordinate_system), None) for name in sections}


def _is_element(image: Any) -> bool:
    """Whether something is an image of a SpatialData: its resolutions, which are a mapping too, or an array with names of its axes."""
    return hasattr(image, "children") or "c" in getattr(image, "dims", ())


def _picture(image: Any, scale: float | None, coordinate_system: str) -> Picture:
    if _is_element(image):
        if scale is not None:
            msg = f"scale={scale!r} is for arrays; a SpatialData's image has transformations, see coordinate_system"
            raise ValueError(msg)
        return from_element(image, coordinate_system)
    if not hasattr(image, "dtype"):
        msg = f"image must be an array or an image of a SpatialData, such as sdata['he'], got {type(image).__name__}"
        raise TypeError(msg)
    return from_array(image, 1.0 if scale is None else float(scale))


def _recorded(mdata: MuData, sections: list[str], library_key: str | None) -> dict[str, Shown]:
    found: dict[str, Any] = {}
    for holder in (mdata, *mdata.mod.values()):
        records = holder.uns.get(_keys.SPATIAL)
        if isinstance(records, Mapping):
            found = {str(name): record for name, record in records.items() if isinstance(record, Mapping)} | found
    if not found:
        msg = "mdata has no image in uns['spatial'], as Space Ranger's readers leave it; pass one as image"
        raise KeyError(msg)
    if library_key is None:
        if len(found) > 1:
            msg = f"uns['spatial'] has images of several sections, {list(found)}; name their column of obs with library_key"
            raise ValueError(msg)
        found = {sections[0]: next(iter(found.values()))}
    if missing := [name for name in sections if name not in found]:
        msg = f"uns['spatial'] has no image of the sections {missing} of {library_key!r}; it has {list(found)}"
        raise KeyError(msg)
    return {name: _from_record(name, found[name]) for name in sections}


def _from_record(name: str, record: Mapping[str, Any]) -> Shown:
    images, factors = record.get("images") or {}, record.get("scalefactors") or {}
    for resolution in RESOLUTIONS:
        factor = factors.get(f"tissue_{resolution}_scalef", 1.0 if resolution == "fullres" else None)
        if images.get(resolution) is None or not factor:
            continue
        diameter = factors.get("spot_diameter_fullres")
        logger.info("image_features: the %s image of %r, %.4g pixels to a unit", resolution, name, float(factor))
        picture = from_array(np.asarray(images[resolution]), float(factor))
        return Shown(picture, None if diameter is None else float(diameter))
    msg = f"uns['spatial'][{name!r}] has no image with a scale factor; pass one as image"
    raise KeyError(msg)


def image_modality(
    mdata: MuData, name: str, rows: np.ndarray, values: np.ndarray, names: list[str], record: dict[str, Any]
) -> AnnData:
    """Features (n, d) of some spots of the tissue as a modality, with names that no other modality has; numbered if ``names`` is empty."""
    from anndata import AnnData

    taken = pd.Index([]).append([one.var_names for other, one in mdata.mod.items() if other != name])
    index = pd.Index(names or [f"{name}_{i}" for i in range(values.shape[1])])
    index = index.where(~index.isin(taken), _keys.pulled(name, "") + index)
    obs = pd.DataFrame(index=mdata.obs_names[rows])
    var = pd.DataFrame({_keys.FEATURE_TYPES: pd.Categorical(["Image"] * len(index))}, index=index)
    return AnnData(values, obs=obs, var=var, uns={_keys.IMAGE_RECORD: record})


def with_modality(mdata: MuData, name: str, made: AnnData) -> MuData:
    """A new MuData of copies of the modalities, one of them new, with all else that the tissue holds.

    mudata's own update of a MuData with another modality changes dtypes, and fails on integers in ``obsm``.
    """
    from mudata import MuData

    mod = {other: _edge.in_memory(modality) for other, modality in mdata.mod.items() if other != name}
    with _edge.without_pull():
        whole = MuData({**mod, name: made})
    position = mdata.obs_names.get_indexer(whole.obs_names)
    for column in mdata.obs:
        whole.obs[column] = mdata.obs[column].array[position]
    for key in (key for key in mdata.obsm if key not in mdata.mod):
        values = mdata.obsm[key]
        whole.obsm[key] = values.iloc[position] if isinstance(values, pd.DataFrame) else values[position]
    for key in (key for key in mdata.obsp if key not in mdata.mod):
        whole.obsp[key] = mdata.obsp[key][position][:, position]
    for key, value in mdata.uns.items():
        whole.uns[key] = deepcopy(value)
    return whole
