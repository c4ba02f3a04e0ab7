"""Whether results can be stored under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spamca import _keys

if TYPE_CHECKING:
    from mudata import MuData

RESERVED = frozenset(
    {
        _keys.SPATIAL,
        _keys.SPATIAL_NEIGHBORS,
        _keys.FEATURE_NEIGHBORS,
        _keys.NEIGHBORS,
        *_keys.REPRESENTATIONS,
        *("X_spatial", "X_umap", "X_tsne", "umap", "tsne", "hvg", "log1p", "moranI", "simulation"),
        *("rank_genes_groups", "spatial_distances", "spatial_connectivities"),
    }
)
"""Names under which this package, squidpy and scanpy keep other things in ``uns``, ``obsm`` and ``obsp``."""


def check_key_added(mdata: MuData, key_added: str, *, domains: bool = True, embedding: bool = False) -> None:
    """Whether results can be stored under a key without replacing what this package did not write.

    Parameters
    ----------
    mdata
        The tissue.
    key_added
        Name of the result.
    domains
        Whether domains will be stored under it, now or later: a column of ``obs`` must then be free or hold domains.
    embedding
        Whether an embedding will be stored under it: its name in ``obsm`` must then be free or hold one of ours.

    Raises
    ------
    ValueError
        If it is empty or holds a slash (which files do not store); if it, or a name made from it, is that of a modality
        or one that this package, squidpy or scanpy use for something else; or if something of the user's is there.
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        msg = f"key_added must be a non-empty string without '/', got {key_added!r}"
        raise ValueError(msg)
    for name in _written(key_added):
        if name in mdata.mod or name in RESERVED:
            other = "a modality of that name" if name in mdata.mod else "what scanpy, squidpy or spamca keep there"
            what = f"key_added={key_added!r}" + (f", which writes {name!r}," if name != key_added else "")
            msg = f"{what} collides with {other}; choose another key_added, e.g. '{key_added}_domains'"
            raise ValueError(msg)
    record = mdata.uns.get(key_added)
    if key_added in mdata.uns and not _is_record(record):
        _refuse_to_replace(key_added, f"mdata.uns[{key_added!r}]")
    record = record or {}
    for where, holder in (("mdata", mdata), *((f"mdata[{name!r}]", modality) for name, modality in mdata.mod.items())):
        # Modalities taken out of a MuData carry our columns without its record; the view weights tell whose they are.
        ours = holder is not mdata and _keys.view_weights(key_added) in holder.obsm
        if domains and key_added in holder.obs and not (ours or "cluster" in record):
            _refuse_to_replace(key_added, f"{where}.obs[{key_added!r}]")
        slot = _keys.embedding(key_added)
        if embedding and slot in holder.obsm and not (ours or "params" in record):
            _refuse_to_replace(key_added, f"{where}.obsm[{slot!r}]")


def _written(key_added: str) -> tuple[str, ...]:
    """Every name that is made from a key."""
    made = (_keys.embedding, _keys.joint_neighbors, _keys.weight, _keys.view_weights)
    made += (_keys.posterior, _keys.confidence, _keys.novelty, _keys.colors)
    made += (_keys.denoised, _keys.corrected)
    return key_added, *(name(key_added) for name in made)


def _is_record(value: Any) -> bool:
    # scanpy's records of neighbours have "params" too.
    return isinstance(value, Mapping) and (
        "cluster" in value or ("params" in value and "connectivities_key" not in value)
    )


def _refuse_to_replace(key_added: str, slot: str) -> None:
    msg = (
        f"key_added={key_added!r} would replace {slot}, which spamca did not write; choose another key_added, "
        f"e.g. '{key_added}_domains'"
    )
    raise ValueError(msg)
