"""Results that describe domains, removed where other domains take their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spamca import _edge, _keys, _records
from spamca._colors import drop_colors
from spamca._logging import logger
from spamca.tissue.hierarchy import forget_levels

if TYPE_CHECKING:
    from mudata import MuData

_UMAP = "X_umap"  # where scanpy keeps one


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
        forget_domains(mdata, name)
        for holder in (mdata, *mdata.mod.values()):
            drop_colors(holder.uns, name)


def forget_neighbors(mdata: MuData, use_rep: str, caller: str) -> None:
    """Remove the neighbours that scanpy found in an earlier embedding of the name ``use_rep``, on the MuData and in its modalities."""
    found = [
        (holder, name, record)
        for holder in (mdata, *mdata.mod.values())
        for name, record in holder.uns.items()
        if isinstance(record, Mapping) and "connectivities_key" in record
        if isinstance(params := record.get("params"), Mapping) and params.get("use_rep") == use_rep
    ]
    if found:
        names = list(dict.fromkeys(name for _, name, _ in found))
        logger.info("%s: removing the neighbours %s of the earlier embedding %r", caller, names, use_rep)
        if any(_UMAP in holder.obsm for holder, *_ in found):
            logger.warning(
                "%s: obsm[%r] is of the earlier embedding; call scanpy.pp.neighbors and scanpy.tl.umap again",
                caller,
                _UMAP,
            )
    for holder, name, record in found:
        for graph in ("connectivities_key", "distances_key"):
            holder.obsp.pop(str(record.get(graph)), None)
        del holder.uns[name]


def forget_domains(mdata: MuData, key: str) -> None:
    """Remove domains, their record, and all that belongs to them but their colours and an embedding."""
    forget_explanations(mdata, key)
    _edge.drop_pulled(mdata, key)
    weights = [_keys.weight(key), *(_keys.modality_weight(one, key) for one in mdata.mod)]
    for holder in (mdata, *mdata.mod.values()):
        for column in {key, _keys.confidence(key), _keys.novelty(key), *weights}.intersection(holder.obs):
            del holder.obs[column]
        holder.obsm.pop(_keys.posterior(key), None)
    mdata.uns.pop(key, None)


def check_no_embedding(mdata: MuData, key_added: str, key: str) -> None:
    """Whether domains found from the result ``key`` would replace those of no other embedding of this package (ValueError)."""
    held = mdata.uns.get(key_added)
    if isinstance(held, Mapping) and ("network" in held or "transform" in held):
        msg = (
            f"key_added={key_added!r} would replace the domains of another embedding, mdata.obsm[{_keys.embedding(key_added)!r}], by "
            f"domains found from {key!r}; choose another key_added, or pass key={key_added!r}"
        )
        raise ValueError(msg)
