"""Sections of a tissue, and features without their batch effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.domains import without_batch_effects
from spamca.tl._gather import Corrected, features_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData
    from mudata import MuData

    from spamca.domains import Domains


def sections_of(mdata: MuData, caller: str) -> np.ndarray | None:
    """Section of each spot, integers of shape (n_obs,), by the column that the spatial graph was made with.

    None where there is one section, or no such column.

    Parameters
    ----------
    mdata
        With the record of :func:`spamca.pp.neighbors`.
    caller
        Who asks, for the log.
    """
    library_key = _checks.recorded_library_key(mdata)
    if library_key is None:
        return None
    try:
        library = _checks.check_library(mdata, library_key)
    except (KeyError, TypeError, ValueError):
        logger.warning(
            "%s: the spatial graph names sections by %r, which obs no longer holds for all spots; batch effects stay",
            caller,
            library_key,
        )
        return None
    names, sections = np.unique(library, return_inverse=True)
    return sections if len(names) > 1 else None


def correct(mdata: MuData, domains: Domains, sections: np.ndarray, *, random_state: int) -> dict[str, Corrected]:
    """Features of each modality without what the sections add to the domains.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    domains
        Domains of all sections together.
    sections
        Section of each spot, integers of shape (n_obs,).
    random_state
        Seed of the approximate search of neighbours in large tissue.

    Returns
    -------
    By modality.
    """
    rows = {name: _edge.rows(mdata, name) for name in mdata.mod}
    features = [_edge.spread(features_of(modality), rows[name]) for name, modality in mdata.mod.items()]
    spatial = mdata.obsp[_keys.connectivities(_keys.SPATIAL)]
    found = without_batch_effects(features, spatial, domains.assignment, sections, _edge.present(mdata))
    out = {}
    for (name, modality), values in zip(mdata.mod.items(), found, strict=True):
        own = _edge.collect(values, rows[name], modality.n_obs)
        out[name] = Corrected(own, _search(modality, random_state))
    return out


def stored_corrected(mdata: MuData, key_added: str) -> dict[str, Corrected] | None:
    """What :func:`store_corrected` wrote, by modality; None where the features have been used as they are."""
    key = _keys.corrected(key_added)
    if not all(key in modality.obsm for modality in mdata.mod.values()):
        return None
    seed = int(mdata.uns[key_added]["random_state"])
    return {
        name: Corrected(np.asarray(modality.obsm[key]), _search(modality, seed)) for name, modality in mdata.mod.items()
    }


def _search(modality: AnnData, random_state: int) -> dict[str, Any]:
    if _keys.FEATURE_NEIGHBORS not in modality.uns:
        return {"random_state": random_state}
    params = modality.uns[_keys.FEATURE_NEIGHBORS]["params"]
    return {
        "n_neighbors": int(params["n_neighbors"]),
        "metric": str(params["metric"]),
        "random_state": random_state,
    }


def store_corrected(mdata: MuData, corrected: Mapping[str, Corrected] | None, key_added: str) -> None:
    """Write features without batch effects to the modalities, or remove those of an earlier embedding of the same name."""
    key = _keys.corrected(key_added)
    for name, modality in mdata.mod.items():
        if corrected is not None:
            modality.obsm[key] = corrected[name].values
        elif key in modality.obsm:
            del modality.obsm[key]
