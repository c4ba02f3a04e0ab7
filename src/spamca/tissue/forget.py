"""Results that describe domains, removed where other domains take their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
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
