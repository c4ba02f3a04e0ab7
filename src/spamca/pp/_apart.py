"""Modalities at places of their own: where their spots lie, which are those of another modality, and how they are mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca.onto import ALL, MEANS, METHODS, SUMS, Affine, from_landmarks, from_matrix
from spamca.pp._sections import AUTO, section_key

if TYPE_CHECKING:
    from mudata import MuData


def own_coordinates(mdata: MuData, name: str, spatial_key: str) -> np.ndarray:
    """Coordinates of a modality's spots, (n_modality, 2) or (n_modality, 3): its own, else those that the MuData has for them.

    KeyError if there are none, ValueError if they are not two or three finite numbers for each spot.
    """
    modality = mdata[name]
    if spatial_key in modality.obsm:
        return _checks.checked_coordinates(modality.obsm[spatial_key], f"mdata[{name!r}]", spatial_key)
    if spatial_key not in mdata.obsm or spatial_key in mdata.mod:
        msg = (
            f"modality {name!r} has no coordinates: set mdata[{name!r}].obsm[{spatial_key!r}] to an array of shape "
            f"({modality.n_obs}, 2), or name the slot with spatial_key"
        )
        raise KeyError(msg)
    values = _edge.collect(_checks.dense(mdata.obsm[spatial_key]), _edge.rows(mdata, name), modality.n_obs)
    return _checks.checked_coordinates(values, "mdata", spatial_key)


def on_the_same_spots(mdata: MuData, name: str, reference: str, spatial_key: str) -> bool:
    """Whether a modality was measured on spots of the reference: some have the same names, and none of these another place."""
    both = mdata[name], mdata[reference]
    shared = both[0].obs_names.intersection(both[1].obs_names)
    if not len(shared) or not all(spatial_key in one.obsm for one in both):
        return bool(len(shared))
    one, other = (
        own_coordinates(mdata, which, spatial_key)[mdata[which].obs_names.get_indexer(shared), :2]
        for which in (name, reference)
    )
    return np.allclose(one, other)


def section_column(mdata: MuData, reference: str, coords: np.ndarray, library_key: str | None) -> str | None:
    """Column of the sections: the one given, or with "auto" the one that the spots of the reference, at (n_spots, 2), give away."""
    if library_key != AUTO:
        return library_key
    from anndata import AnnData
    from mudata import MuData as Joined

    modality = mdata[reference]
    obs = modality.obs.combine_first(mdata.obs.reindex(modality.obs_names))
    image = modality.uns.get(_keys.SPATIAL, mdata.uns.get(_keys.SPATIAL))
    uns = {} if image is None else {_keys.SPATIAL: image}
    with _edge.without_pull():
        spots = Joined({reference: AnnData(obs=obs, uns=uns)})
    return section_key(spots, coords, AUTO, "onto_spots")


def sections_of(mdata: MuData, name: str, library_key: str | None) -> np.ndarray:
    """Section of each spot of a modality, strings (n_modality,), all the same where there is no column of them.

    The modality's own column counts first: spots of another one may have the same names, and lie elsewhere.
    """
    modality = mdata[name]
    if library_key is None:
        return np.full(modality.n_obs, ALL)
    if library_key in modality.obs and modality.obs[library_key].notna().all():
        own: np.ndarray = modality.obs[library_key].astype(str).to_numpy(dtype=str)
        return own
    library = _checks.check_library(mdata, library_key)
    return _edge.collect(library, _edge.rows(mdata, name), modality.n_obs)


def maps_of(name: str, given: Any, sections: np.ndarray, kind: str, library_key: str | None) -> dict[str, Affine]:
    """Map of each section of a modality, by its name, from one for all or a mapping by section.

    KeyError or ValueError where it names sections that do not exist, or not all.
    """
    there = [str(section) for section in np.unique(sections)]
    where = f"transform[{name!r}]"
    if given is None:
        return dict.fromkeys(there, Affine(np.eye(3)))
    if not isinstance(given, Mapping):
        return dict.fromkeys(there, _map(where, given, kind))
    if library_key is None:
        msg = f"{where} is a mapping by section; name the column of obs with the sections with library_key"
        raise ValueError(msg)
    by_section = {str(section): value for section, value in given.items()}
    if by_section.keys() != set(there):
        msg = f"{where} must name the sections of {name!r} in {library_key!r}, {there}, got {list(by_section)}"
        raise KeyError(msg)
    return {section: _map(f"{where}[{section!r}]", by_section[section], kind) for section in there}


def _map(where: str, given: Any, kind: str) -> Affine:
    """A map from a matrix, landmarks, or an object of spatialdata or scikit-image; TypeError or ValueError if it is none."""
    shapes = "a matrix of shape (2, 3) or (3, 3), or a pair of landmarks, both of shape (n_landmarks, 2)"
    try:
        if hasattr(given, "to_affine_matrix"):  # spatialdata's transformations
            given = given.to_affine_matrix(input_axes=("x", "y"), output_axes=("x", "y"))
        values = np.asarray(getattr(given, "params", given), dtype=np.float64)  # those of scikit-image have params
    except (TypeError, ValueError) as error:
        msg = f"{where} must be {shapes}, got {given!r}"
        raise TypeError(msg) from error
    try:
        if values.shape in ((2, 3), (3, 3)):
            return from_matrix(values)
        if values.ndim == 3 and values.shape[0] == 2 and values.shape[2] == 2:
            return from_landmarks(values[0], values[1], kind)
    except ValueError as error:
        msg = f"{where}: {error}"
        raise ValueError(msg) from error
    msg = f"{where} must be {shapes}, got an array of shape {values.shape}"
    raise ValueError(msg)


def check_transform(mdata: MuData, reference: str, transform: Any) -> Mapping[str, Any]:
    """The maps by modality, none where there are none; TypeError, KeyError or ValueError where they are for others."""
    transform = {} if transform is None else transform
    _checks.check_modality_names("transform", transform, mdata)
    if reference in transform:
        msg = f"transform names {reference!r}, the reference, whose spots stay where they are; give the maps of the others"
        raise ValueError(msg)
    return transform


@dataclass(frozen=True)
class Choice:
    """How one modality is brought onto spots; None for the default."""

    method: str | None
    aggregate: str | None
    max_distance: float | None


def choices_of(mdata: MuData, reference: str, method: Any, aggregate: Any, max_distance: Any) -> dict[str, Choice]:
    """Choices for each modality but the reference, from one for all or a mapping by modality."""
    others = [name for name in mdata.mod if name != reference]
    if not others:
        msg = f"mdata has no modality but reference={reference!r}; put the others into it, mudata.MuData({{...}})"
        raise ValueError(msg)

    for argument, value in {"method": method, "aggregate": aggregate, "max_distance": max_distance}.items():
        if isinstance(value, Mapping):
            _checks.check_modality_names(argument, value, mdata)
    made = {}
    for name in others:
        given = (method, aggregate, max_distance)
        chosen = Choice(*(value.get(name) if isinstance(value, Mapping) else value for value in given))
        if chosen.method is not None:
            _checks.check_choice("method", chosen.method, METHODS)
        if chosen.aggregate is not None:
            _checks.check_choice("aggregate", chosen.aggregate, (MEANS, SUMS))
        if chosen.max_distance is not None:
            _checks.check_length("max_distance", chosen.max_distance)
        made[name] = chosen
    return made
