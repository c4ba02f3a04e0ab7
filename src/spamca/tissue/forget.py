"""Results that describe domains, removed where other domains take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _edge, _keys, _records
from spamca._logging import logger
from spamca.tissue.hierarchy import forget_levels

if TYPE_CHECKING:
    from mudata import MuData


def described(mdata: MuData, key: str) -> list[str]:
    """Keys of what is stored that describes the domains of this name."""
    found = [name for of_domains in _keys.OF_DOMAINS if (name := of_domains(key)) in mdata.uns]
    return [*found, *([_keys.pseudotime(key)] if _keys.pseudotime(key) in mdata.obs else [])]


def forget_explanations(mdata: MuData, key: str) -> None:
    """Remove what describes earlier domains of this name."""
    forget_levels(mdata, key)
    for of_domains in _keys.OF_DOMAINS:
        mdata.uns.pop(of_domains(key), None)
    mdata.obsm.pop(_keys.hierarchy(key), None)
    mdata.obsm.pop(_keys.components(key), None)
    if (order := _keys.pseudotime(key)) in mdata.obs:
        del mdata.obs[order]
    for modality in mdata.mod.values():
        if (column := _keys.explained(key)) in modality.var:
            del modality.var[column]


def forget_found_from(mdata: MuData, key: str, caller: str) -> None:
    """Remove domains under other names that were found from an earlier result: they would name the new embedding as theirs."""
    found = _records.found_from(mdata, key)
    if found:
        logger.info("%s: removing %s, found from the earlier result %r", caller, found, key)
    for name in found:
        forget_explanations(mdata, name)
        _edge.drop_pulled(mdata, name)
        columns = {
            name,
            _keys.confidence(name),
            *(_keys.modality_weight(one, name) for one in mdata.mod),
            _keys.weight(name),
        }
        for holder in (mdata, *mdata.mod.values()):
            for column in columns.intersection(holder.obs):
                del holder.obs[column]
            holder.obsm.pop(_keys.posterior(name), None)
            for slot in (name, _keys.colors(name), _keys.color_record(name)):
                holder.uns.pop(slot, None)
