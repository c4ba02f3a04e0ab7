"""New tissue read as the tissue of a training was: the same features, and graphs built in the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from spamca import _checks, _edge
from spamca._logging import logger
from spamca.features import KINDS, Blocks, Opened, in_memory, matrix_of, unexplained
from spamca.pp._modality import EMPTY_ROWS, KEEPS_EMPTY, counted, given_rows
from spamca.pp._sections import AUTO, section_key
from spamca.pp._spatial import built_spatial, existing_spatial
from spamca.pp._stored import found_graph
from spamca.tissue import Tissue, feature_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData
    from scipy.sparse import csr_matrix

    from spamca.features import Fitted
    from spamca.graph import Graph
    from spamca.model import Model
    from spamca.pp._stored import Spatial

_SPOTS = 2**14  # whose neighbours are looked at together
MOST_MISSING = 0.5  # share of the features of a modality that may be missing


@dataclass(frozen=True)
class NewTissue:
    """A tissue with the modalities of a model, in its order, and coordinates (n, 2).

    ``unexplained`` is what neighbours share beyond the components of each modality, in units of its ``novelty_quantile`` in the training,
    float64 of shape (n, M), NaN where that is not known. ``measured`` says by modality which of its spots were, booleans
    (n_modality,). ``lacks`` holds, if any, the ``missing_features`` by modality and the ``absent_modalities``.
    """

    tissue: Tissue
    coords: np.ndarray
    spatial: Spatial
    unexplained: np.ndarray
    measured: dict[str, np.ndarray]
    lacks: dict[str, Any]


def read_new(mdata: MuData, model: Model, spatial_key: str, library_key: str | None, random_state: int) -> NewTissue:
    """Prepare a tissue as that of the training was; nothing is written, and the seed is that of the search for similar spots.

    KeyError if coordinates, sections, features, or a graph that the user has to bring are missing; ValueError if the tissue shares no
    modality with the model, a spot has none of them, or features do not fit.
    """
    described, n = model.header["modalities"], mdata.n_obs
    absent = [name for name in model.modalities if name not in mdata.mod]
    if len(absent) == len(described):
        msg = f"mdata has modalities {list(mdata.mod)}, but the model knows only {absent}; rename those that are meant"
        raise ValueError(msg)
    unknown = [name for name in mdata.mod if name not in model.modalities]
    if unknown:
        logger.info("transform: the model does not know modalities %s; they are left out", unknown)
    held = {name: _held(mdata[name], model, m) for m, name in enumerate(model.modalities) if name not in absent}
    rows = tuple(np.full(n, -1) if name in absent else _edge.rows(mdata, name) for name in model.modalities)
    if (lonely := np.all([row < 0 for row in rows], axis=0)).any():
        msg = (
            f"{lonely.sum()} spots have none of the modalities {model.modalities} of the model, e.g. "
            f"{mdata.obs_names[lonely.argmax()]!r}; leave them out"
        )
        raise ValueError(msg)
    rows = tuple(
        _edge.among(row, held[name].measured) if name in held else row
        for name, row in zip(model.modalities, rows, strict=True)
    )
    coords = _checks.check_coordinates(mdata, spatial_key)
    spatial = _spatial(mdata, coords, model.header["graphs"]["spatial"], library_key)
    features: list[np.ndarray] = []
    measured: list[np.ndarray] = []  # the same in the precision that feature graphs were built in
    missing: dict[str, int] = {}
    beyond = np.full((n, len(described)), np.nan)
    for m, (one, row) in enumerate(zip(described, rows, strict=True)):
        name = one["name"]
        if name in absent:
            logger.info("transform: modality %r is not there; domains are found by the others", name)
            features.append(np.zeros((n, one["n_comps"]), dtype=np.float32))
            measured.append(features[-1])
            continue
        links = spatial.graph.take(_edge.spots(row, int(held[name].measured.sum()))).connectivities
        values, left, n_missing = _features(mdata, held[name], model, m, links)
        missing |= {name: n_missing} if n_missing else {}
        if left is not None:
            beyond[:, m] = _edge.spread(left, row, np.nan)
        measured.append(_edge.spread(np.asarray(values), row))
        features.append(measured[-1].astype(np.float32, copy=False))
    built = model.header["graphs"]["features"] if "feature" in model.settings.views else {}
    searches = tuple(built[name] for name in model.modalities if built)
    tissue = Tissue(tuple(model.modalities), rows, tuple(features), spatial.graph.connectivities, searches=searches)
    tissue = replace(tissue.having(measured, random_state), features=tuple(features))
    lacks = {"missing_features": missing, "absent_modalities": absent}
    lacks = {name: found for name, found in lacks.items() if found}
    return NewTissue(tissue, coords, spatial, beyond, {name: one.measured for name, one in held.items()}, lacks)


def _held(modality: AnnData, model: Model, m: int) -> Opened:
    """What counts of modality number ``m``, as in the training."""
    described, fitted = model.header["modalities"][m], model.fitted(m)
    name = str(described["name"])
    if fitted is None:
        return Opened(modality, given_rows(modality, described["use_rep"], name, "missing", "transform"))
    empty = EMPTY_ROWS[int(fitted.constants.get(KEEPS_EMPTY, 0))]
    return counted(modality, name, empty, "transform")


def _features(
    mdata: MuData, held: Opened, model: Model, m: int, links: csr_matrix
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Features of modality number ``m`` (n_measured, n_comps), what neighbours share beyond them, and how many are missing."""
    described, fitted = model.header["modalities"][m], model.fitted(m)
    name, kind, use_rep = (described[key] for key in ("name", "kind", "use_rep"))
    if fitted is None:
        values = _checks.check_representation(mdata, name, use_rep, held.measured)
        if values.shape[1] != described["n_comps"]:
            msg = (
                f"mdata[{name!r}].obsm[{use_rep!r}] has {values.shape[1]} columns, and the model was trained on "
                f"{described['n_comps']}; compute it as for the tissue of the training"
            )
            raise ValueError(msg)
        return values[held.measured], None, 0
    position = _positions(held, described["features"], name)
    _checks.check_features(held.X, name)
    X, _ = matrix_of(held, kind)
    _checks.check_features(X, name, counts=KINDS[kind].counts)
    try:
        treated, known = KINDS[kind].treat(X, position, fitted)
    except ValueError as error:
        msg = f"modality {name!r} cannot be prepared as the model was: {error}; put the same into mdata[{name!r}].X"
        raise ValueError(msg) from error
    values, reach, left = known.scores(treated), described["unexplained"], None
    if reach is not None and not isinstance(treated, Blocks):
        left = unexplained(treated, known, values, links) / reach
    elif reach is not None and issparse(mdata[name].X):
        left = _unexplained_in_parts(held, kind, position, fitted, values, links) / reach
    return values, left, int((position < 0).sum())


def _unexplained_in_parts(
    held: Opened, kind: str, position: np.ndarray, fitted: Fitted, values: np.ndarray, links: csr_matrix
) -> np.ndarray:
    """The same of a large matrix in memory, of which some spots and their neighbours are treated at a time."""
    out = np.empty(len(values))
    for begin in range(0, len(out), _SPOTS):
        spots = np.arange(begin, min(begin + _SPOTS, len(out)))
        near = np.union1d(spots, links[spots].indices)
        treated, known = KINDS[kind].treat(matrix_of(held.taking(near), kind)[0], position, fitted)
        own = np.searchsorted(near, spots)
        out[spots] = unexplained(in_memory(treated), known, values[near], links[near][:, near])[own]
    return out


def _positions(held: Opened, features: list[str], name: str) -> np.ndarray:
    there = feature_names(held.modality)[held.real]
    position = there.get_indexer(features)
    n_missing = int((position < 0).sum())
    if n_missing > MOST_MISSING * len(features):
        lacking = features[int((position < 0).argmax())]
        msg = (
            f"modality {name!r} lacks {n_missing} of the {len(features)} features of the model, e.g. {lacking!r}, and has "
            f"others such as {str(there[0])!r}; give them the same names in var_names, or leave the modality out"
        )
        raise ValueError(msg)
    if n_missing:
        lacks = "%r lacks %d of the %d features of the model; they count as their mean"
        logger.info(f"transform: {lacks}", name, n_missing, len(features))
    return position


def _spatial(mdata: MuData, coords: np.ndarray, params: Mapping[str, Any], library_key: str | None) -> Spatial:
    if params["kind"] == "existing":
        found = found_graph(mdata, params["name"])
        if found is None:
            msg = (
                f"the model was trained on a spatial graph that the user made, {params['name']!r}, and mdata has none of that "
                f"name; call squidpy.gr.spatial_neighbors_knn(mdata, key_added={params['name']!r}), or what made that of the training"
            )
            raise KeyError(msg)
        library_key = _section_key(mdata, coords, library_key, params, found[0])
        return existing_spatial(mdata, *found, params["name"], library_key)
    library_key = _section_key(mdata, coords, library_key, params)
    n_neighbors = params.get("n_neighbors")
    if n_neighbors is not None:
        library = _checks.check_library(mdata, library_key)
        largest = mdata.n_obs if library is None else np.unique(library, return_counts=True)[1].max()
        n_neighbors = max(1, min(int(n_neighbors), int(largest) - 1))
    options: dict[str, Any] = {"radius": params.get("radius"), "n_rings": params.get("n_rings")}
    return built_spatial(mdata, coords, params["kind"], library_key, n_neighs=n_neighbors, **options)


def _section_key(
    mdata: MuData, coords: np.ndarray, given: str | None, params: Mapping[str, Any], links: Graph | None = None
) -> str | None:
    """Column of the sections: the one given, or with "auto" that of the training if it is there, else one that is found."""
    trained = params.get("library_key")
    if given != AUTO or trained is None:
        return section_key(mdata, coords, given, "transform", links=links)
    if any(trained in holder.obs for holder in (mdata, *mdata.mod.values())):
        return str(trained)
    found = section_key(mdata, coords, given, "transform", links=links)
    if found is None:
        logger.info("transform: no column %r in obs; the tissue is taken as one section", trained)
    return found
