"""Modalities as they were measured, for features to be held out and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys
from spamca._logging import logger
from spamca.explain import Source
from spamca.features import KINDS, matrix_of, opened
from spamca.tissue import kind_of, preparation_of

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def sources_of(mdata: MuData) -> dict[str, Source | None]:
    """Each modality as it was measured; None where its matrix cannot be prepared."""
    return {name: _source(modality, name, _edge.measured_rows(mdata, name)) for name, modality in mdata.mod.items()}


def _source(modality: AnnData, name: str, row: np.ndarray) -> Source | None:
    record = modality.uns.get(_keys.MODALITY_RECORD, {})
    if modality.X is None:
        return None
    if not modality.var_names.is_unique:
        msg = f"features of modality {name!r} have the same name; call mdata[{name!r}].var_names_make_unique()"
        raise ValueError(msg)
    held = opened(modality)
    kind = kind_of(held, name)
    matrix = matrix_of(held, kind)[0]
    try:
        prepared = preparation_of(held) if record.get("kind", _keys.GIVEN) != _keys.GIVEN else None
        if prepared is None:
            used = KINDS[kind].prepare(matrix).used()
        else:
            whole = np.zeros(modality.n_vars, dtype=bool)
            whole[np.flatnonzero(prepared[1])[prepared[0].used()]] = True
            used = whole[held.real]
    except (KeyError, ValueError) as error:
        logger.info("drivers: the features of %r are left out: %s", name, error)
        return None
    n_components = modality.obsm[record["use_rep"]].shape[1] if record.get("use_rep") in modality.obsm else 30
    return Source(matrix, kind, row, used, held.real, n_components)
