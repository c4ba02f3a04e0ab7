"""Which features stand for a modality: those given, those found, or those prepared now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.pp._modality import prepare_modality, prepared_here, record_representation, store_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from anndata import AnnData
    from mudata import MuData

    from spamca.pp._modality import Prepared


@dataclass(frozen=True)
class Representation:
    """Features (n_modality, n_features) that stand for a modality, their name in ``obsm``, and the kind of omics.

    ``prepared`` holds features yet to be written; it is None where they are in ``obsm``.
    """

    key: str
    values: np.ndarray
    kind: str
    prepared: Prepared | None = None

    def store(self, modality: AnnData) -> None:
        """Write the features, if new, and the record of them."""
        if self.prepared is not None:
            store_features(modality, self.prepared)
            return
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        if record.get("use_rep") != self.key or record.get("kind") != self.kind:
            record_representation(modality, self.kind, self.key)


def representation(
    mdata: MuData, name: str, use_rep: str | Mapping[str, str] | None, random_state: int
) -> Representation:
    """Features that stand for a modality: those asked for, else what ``prepare``, scanpy or muon left, else new ones.

    Nothing is written.
    """
    modality = mdata[name]
    asked = use_rep if use_rep is None or isinstance(use_rep, str) else use_rep.get(name)
    if asked is not None:
        _checks.check_name("use_rep", asked)
        return Representation(asked, _checks.check_representation(mdata, name, asked), _keys.GIVEN)
    record = modality.uns.get(_keys.MODALITY_RECORD, {})
    if prepared_here(modality):
        key = record["use_rep"]
        return Representation(key, _checks.check_representation(mdata, name, key), record["kind"])
    for key in _keys.REPRESENTATIONS:
        if key in modality.obsm:
            logger.info("neighbors: using obsm[%r] for %r", key, name)
            if "loadings" in record and record["use_rep"] == key:
                lost = "is not what spamca.pp.prepare left, or its loadings are gone; prepare it again if it was made section by section"
                logger.warning("neighbors: obsm[%r] of %r %s", key, name, lost)
            return Representation(key, _checks.check_representation(mdata, name, key), _keys.GIVEN)
    prepared = prepare_modality(mdata, name, random_state=random_state)
    logger.info("neighbors: %r has no features yet, %s", name, prepared)
    return Representation(prepared.features.key, prepared.features.values, prepared.kind, prepared)
