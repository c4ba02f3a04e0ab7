"""Tissue laid out as the tissue of a training was: the same features, and graphs built in the same way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.graph import feature_graph
from spamca.pp._existing import found_graph
from spamca.pp._spatial import AUTO, built_spatial, existing_spatial
from spamca.tl._preparation import feature_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca.model import StoredModel
    from spamca.pp._spatial import Spatial

MOST_MISSING = 0.5
"""Share of the features of a modality that may be missing: with fewer than half of them it is another measurement."""


@dataclass(frozen=True)
class NewTissue:
    """Arrays of a tissue, modalities in the order of the model.

    Parameters
    ----------
    features
        Features of each modality, float32 of shape (n_obs, n_components); rows of spots that lack it are zero.
    present
        Booleans (n_obs, n_modalities), or None where every spot has every modality.
    coords
        Coordinates, (n_obs, 2).
    spatial
        Spatial graph.
    feature_graphs
        Connectivities of each feature graph, sparse of shape (n_obs, n_obs); none where the network has no feature view.
    unexplained
        What neighbours share beyond the components of each modality, in units of its 99 % quantile in the training, float64 of
        shape (n_obs, n_modalities); NaN where that is not known.
    missing
        Number of features that each modality lacks, where it lacks some.
    absent
        Modalities that the tissue lacks.
    """

    features: list[np.ndarray]
    present: np.ndarray | None
    coords: np.ndarray
    spatial: Spatial
    feature_graphs: list[csr_matrix]
    unexplained: np.ndarray
    missing: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


def lay_out(
    mdata: MuData, model: StoredModel, *, spatial_key: str, library_key: str | None, random_state: int
) -> NewTissue:
    """Prepare a tissue as a model says; nothing is written.

    Parameters
    ----------
    mdata
        The tissue.
    model
        The model.
    spatial_key
        Name of the coordinates.
    library_key
        Column of ``obs`` with the section of each spot, or None.
    random_state
        Seed of the approximate search for similar spots.

    Raises
    ------
    KeyError
        If coordinates, sections, features, or a graph that the user has to bring are missing.
    ValueError
        If the tissue shares no modality with the model, a spot has none of them, or features do not fit.
    """
    described, n = model.header["modalities"], mdata.n_obs
    absent = [name for name in model.modalities if name not in mdata.mod]
    if len(absent) == len(described):
        msg = f"mdata has modalities {list(mdata.mod)}, but the model knows only {absent}; rename those that are meant"
        raise ValueError(msg)
    unknown = [name for name in mdata.mod if name not in model.modalities]
    if unknown:
        logger.info("transform: the model does not know modalities %s; they are passed over", unknown)
    has = np.column_stack([_has(mdata, name) for name in model.modalities])
    if (lonely := ~has.any(axis=1)).any():
        msg = (
            f"{lonely.sum()} spots have none of the modalities {model.modalities} of the model, e.g. "
            f"{mdata.obs_names[lonely.argmax()]!r}; leave them out"
        )
        raise ValueError(msg)
    coords = _checks.check_coordinates(mdata, spatial_key)
    spatial = _spatial(mdata, coords, model.header["graphs"]["spatial"], library_key)
    looks_alike = "feature" in model.settings.views
    features, graphs, missing, beyond = [], [], {}, np.full((n, len(described)), np.nan)
    for m, one in enumerate(described):
        name = one["name"]
        if name in absent:
            logger.info("transform: modality %r is not there; its say is left to the others", name)
            features.append(np.zeros((n, one["n_components"]), dtype=np.float32))
            if looks_alike:
                graphs.append(csr_matrix((n, n), dtype=np.float32))
            continue
        row = _edge.rows(mdata, name)
        links = spatial.graph.take(_edge.spots(row, mdata[name].n_obs)).connectivities
        values, left, n_missing = _features(mdata, model, m, links)
        if n_missing:
            missing[name] = n_missing
        if left is not None:
            beyond[:, m] = _edge.spread(left, row, np.nan)
        features.append(_edge.spread(np.asarray(values, dtype=np.float32), row))
        if looks_alike:
            graph = _feature_graph(values, model.header["graphs"]["features"][name], random_state)
            graphs.append(_edge.spread_graph(graph, row))
    present = None if has.all() else has
    return NewTissue(features, present, coords, spatial, graphs, beyond, missing, absent)


def _features(
    mdata: MuData, model: StoredModel, m: int, links: csr_matrix
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """Features of modality number ``m`` (n_modality, n_components), what neighbours share beyond them, and how many are missing."""
    from spamca.features import KINDS, Blocks, matrix_of, opened, unexplained

    described, fitted = model.header["modalities"][m], model.fitted(m)
    name, kind, use_rep = (described[key] for key in ("name", "kind", "use_rep"))
    if fitted is None:
        values = _checks.check_representation(mdata, name, use_rep)
        if values.shape[1] != described["n_components"]:
            msg = (
                f"mdata[{name!r}].obsm[{use_rep!r}] has {values.shape[1]} columns, and the model was trained on "
                f"{described['n_components']}; compute it as for the tissue of the training"
            )
            raise ValueError(msg)
        return values, None, 0
    position = _positions(mdata[name], described["features"], name)
    modality = opened(mdata[name])
    _checks.check_features(modality.X, name)
    X, _ = matrix_of(modality, kind)
    _checks.check_features(X, name, counts=KINDS[kind].counts)
    try:
        treated, known = KINDS[kind].treat(X, position, fitted)
    except ValueError as error:
        msg = f"modality {name!r} cannot be prepared as the model was: {error}; put the same into mdata[{name!r}].X"
        raise ValueError(msg) from error
    values, reach = known.scores(treated), described["unexplained"]
    if reach is None or isinstance(treated, Blocks):
        return values, None, int((position < 0).sum())
    left = unexplained(treated, known, values, links) / reach
    return values, left, int((position < 0).sum())


def _positions(modality: AnnData, features: list[str], name: str) -> np.ndarray:
    position = feature_names(modality).get_indexer(features)
    n_missing = int((position < 0).sum())
    if n_missing > MOST_MISSING * len(features):
        lacking = features[int((position < 0).argmax())]
        msg = (
            f"modality {name!r} lacks {n_missing} of the {len(features)} features of the model, e.g. {lacking!r}, and has "
            f"others such as {str(modality.var_names[0])!r}; give them the same names in var_names, or leave the modality out"
        )
        raise ValueError(msg)
    if n_missing:
        logger.info(
            "transform: %r lacks %d of the %d features of the model; they count as their mean",
            name,
            n_missing,
            len(features),
        )
    return position


def _has(mdata: MuData, name: str) -> np.ndarray:
    return _edge.rows(mdata, name) >= 0 if name in mdata.mod else np.zeros(mdata.n_obs, dtype=bool)


def _spatial(mdata: MuData, coords: np.ndarray, params: Mapping[str, Any], library_key: str | None) -> Spatial:
    if params["kind"] == "existing":
        if found_graph(mdata, params["name"]) is None:
            msg = (
                f"the model was trained on a spatial graph that the user made, {params['name']!r}, and mdata has none of that "
                f"name; call squidpy.gr.spatial_neighbors_knn(mdata, key_added={params['name']!r}), or what made that of the training"
            )
            raise KeyError(msg)
        none = dict.fromkeys(("n_spatial_neighbors", "radius", "n_rings"))
        return existing_spatial(mdata, params["name"], AUTO, library_key, **none)
    n_neighbors = params.get("n_neighbors")
    if n_neighbors is not None:
        library = _checks.check_library(mdata, library_key)
        smallest = mdata.n_obs if library is None else np.unique(library, return_counts=True)[1].min()
        n_neighbors = max(1, min(int(n_neighbors), int(smallest) - 1))
    options = {
        "n_spatial_neighbors": n_neighbors,
        "radius": params.get("radius"),
        "n_rings": params.get("n_rings"),
    }
    return built_spatial(mdata, coords, params["kind"], library_key, **options)


def _feature_graph(values: np.ndarray, params: Mapping[str, Any], random_state: int) -> csr_matrix:
    n = len(values)
    if n < 2:
        return csr_matrix((n, n), dtype=np.float32)
    n_neighbors = min(int(params["n_neighbors"]), n - 1)
    graph = feature_graph(values, n_neighbors=n_neighbors, metric=params["metric"], random_state=random_state)
    return graph.connectivities


def spatial_key_of(model: StoredModel, given: str | None) -> str:
    """Name of the coordinates: as given, or as in the training."""
    return str(model.header["graphs"]["spatial"].get("spatial_key", _keys.SPATIAL)) if given is None else given


def library_key_of(mdata: MuData, model: StoredModel, given: str | None) -> str | None:
    """Column of the sections: as given, or as in the training where the tissue has it."""
    known = model.header["graphs"]["spatial"].get("library_key") if given is None else given
    if given is None and known is not None and not any(known in holder.obs for holder in (mdata, *mdata.mod.values())):
        logger.info("transform: no column %r in obs; the tissue is taken as one section", known)
        return None
    return known
