"""Whether results can be stored under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata import MuData

# Names under which this package, squidpy and scanpy keep other things in uns, obsm and obsp.
RESERVED = frozenset(_keys.REPRESENTATIONS) | {
    *(_keys.SPATIAL, _keys.SPATIAL_NEIGHBORS, _keys.FEATURE_NEIGHBORS, _keys.NEIGHBORS),
    *("X_spatial", "X_umap", "X_tsne", "umap", "tsne", "hvg", "log1p", "moranI", "simulation"),
    *("rank_genes_groups", "spatial_distances", "spatial_connectivities"),
}
# Each makes another name from a key.
_MADE = (
    *(_keys.embedding, _keys.joint_neighbors, _keys.weight, _keys.view_weights, _keys.posterior),
    *(_keys.confidence, _keys.novelty, _keys.colors, _keys.denoised, _keys.corrected),
)


def check_key_added(mdata: MuData, key_added: str, *, domains: bool = True, embedding: bool = False) -> None:
    """Whether results can be stored under a key without replacing what this package did not write (ValueError).

    Neither the key nor a name made from it may be that of a modality or of something that this package, squidpy or scanpy
    keep. With ``domains``, the column of ``obs`` must be free or hold domains; with ``embedding``, the slot of ``obsm`` must
    be free or hold an embedding of ours.
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        msg = f"key_added must be a non-empty string without '/', got {key_added!r}"
        raise ValueError(msg)
    for name in (key_added, *(make(key_added) for make in _MADE)):
        if name in mdata.mod or name in RESERVED:
            other = "a modality of that name" if name in mdata.mod else "what scanpy, squidpy or spamca keep there"
            what = f"key_added={key_added!r}" + (f", which writes {name!r}," if name != key_added else "")
            msg = f"{what} collides with {other}; choose another key_added, e.g. '{key_added}_domains'"
            raise ValueError(msg)
    for slot in _foreign(mdata, key_added, domains=domains, embedding=embedding):
        msg = (
            f"key_added={key_added!r} would replace {slot}, which spamca did not write; choose another key_added, "
            f"e.g. '{key_added}_domains'"
        )
        raise ValueError(msg)


def _foreign(mdata: MuData, key_added: str, *, domains: bool, embedding: bool) -> Iterator[str]:
    """Slots that results would replace and that this package did not write."""
    held = mdata.uns.get(key_added)
    record = held if isinstance(held, Mapping) else {}
    # scanpy's records of neighbours have "params" too.
    ours = "cluster" in record or ("params" in record and "connectivities_key" not in record)
    if key_added in mdata.uns and not ours:
        yield f"mdata.uns[{key_added!r}]"
    for where, holder in (("mdata", mdata), *((f"mdata[{name!r}]", modality) for name, modality in mdata.mod.items())):
        # Modalities from another MuData have our columns without its record; the view weights show whose they are.
        ours = holder is not mdata and _keys.view_weights(key_added) in holder.obsm
        if domains and key_added in holder.obs and not (ours or "cluster" in record):
            yield f"{where}.obs[{key_added!r}]"
        slot = _keys.embedding(key_added)
        if embedding and slot in holder.obsm and not (ours or "params" in record):
            yield f"{where}.obsm[{slot!r}]"
