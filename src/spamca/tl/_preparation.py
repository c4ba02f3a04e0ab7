"""How a modality of a MuData was prepared, and what its components leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata.utils import make_index_unique

from spamca import _edge, _keys
from spamca.domains import DEFAULTS
from spamca.features import KINDS, Blocks, Fitted, matrix_of, opened, unexplained
from spamca.model.network import plain
from spamca.pp._representation import GIVEN
from spamca.tl._gather import features_of

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def preparation_of(modality: AnnData) -> tuple[Fitted, np.ndarray] | None:
    """The preparation of the features that have a say, and which these are, booleans (n_vars,).

    None where the user brought the features.

    Raises
    ------
    KeyError
        If the modality no longer holds what it takes.
    ValueError
        If features that have a say were taken out of it.
    """
    record = modality.uns[_keys.MODALITY_RECORD]
    if record["kind"] == GIVEN:
        return None
    fitted = stored_fitted(modality)
    used, n_used = fitted.used(), int(fitted.constants["n_used"])
    if used.sum() != n_used:
        msg = (
            f"{n_used} features were used when it was prepared, and {used.sum()} of them are left; take none out after "
            "spamca.pp.prepare(mdata)"
        )
        raise ValueError(msg)
    used |= KINDS[record["kind"]].centred
    return fitted.take(used), used


def stored_fitted(modality: AnnData) -> Fitted:
    """The preparation of all features, those without a say included.

    Raises
    ------
    KeyError
        If the modality does not hold what it takes.
    """
    record, found = modality.uns[_keys.MODALITY_RECORD], modality.varm[_keys.PREPARATION]
    return Fitted(
        np.asarray(modality.varm[record["loadings"]]),
        {str(column): found[column].to_numpy(dtype=np.float64) for column in found if column != _keys.LENGTH},
        {str(name): float(plain(value)) for name, value in record["constants"].items()},
    )


def feature_names(modality: AnnData) -> pd.Index:
    """Names of the features, made unique where they repeat."""
    names = modality.var_names.astype(str)
    return names if names.is_unique else make_index_unique(pd.Index(names))


def find_reach(mdata: MuData) -> dict[str, float]:
    """What neighbours share beyond the components, by modality: the quantile ``novelty_quantile``.

    Left out are modalities whose features the user brought, whose matrix is no longer what they were made from, or is not in memory.
    """
    links, out = mdata.obsp[_keys.connectivities(_keys.SPATIAL)], {}
    for name, modality in mdata.mod.items():
        found = _left(modality)
        if found is None:
            continue
        position = _edge.spots(_edge.rows(mdata, name), modality.n_obs)
        reach = float(np.quantile(unexplained(*found, links[position][:, position]), DEFAULTS.novelty_quantile))
        if reach > 0:
            out[name] = reach
    return out


def _left(modality: AnnData) -> tuple[np.ndarray, Fitted, np.ndarray] | None:
    kind = modality.uns[_keys.MODALITY_RECORD]["kind"]
    if kind == GIVEN or modality.X is None:
        return None
    try:
        fitted, used = preparation_of(modality)
        treated, known = KINDS[kind].treat(matrix_of(opened(modality), kind)[0], np.flatnonzero(used), fitted)
    except (KeyError, ValueError):
        return None
    if isinstance(treated, Blocks):
        return None
    scores = known.scores(treated)
    expected = features_of(modality)
    return (treated, known, scores) if np.allclose(scores, expected, atol=1e-2 * np.abs(expected).max()) else None
