"""Whether single arguments are of their kind and in their range: TypeError or ValueError if not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys, _records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mudata import MuData


MOST = 2**31 - 1
"""The largest count that all libraries take."""


def _check_integer(name: str, value: Any, hint: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        msg = f"{name} must be an integer, got {value!r}{hint}"
        raise TypeError(msg)


def check_seed(random_state: int | np.random.RandomState | np.random.Generator | None) -> int:
    """The seed as a plain integer, as files store it, if numpy, torch and scikit-learn all take it.

    A generator gives its next number; None a new seed at every call.
    """
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(MOST))
    if random_state is None or isinstance(random_state, np.random.Generator):
        return int(np.random.default_rng(random_state).integers(MOST))
    _check_integer(
        "random_state", random_state, ", None, or a RandomState or Generator of numpy.random; the default is 0"
    )
    if not 0 <= random_state < 2**32:
        msg = f"random_state must be at least 0 and less than 2**32, got {random_state}"
        raise ValueError(msg)
    return int(random_state)


def check_n_clusters(n_clusters: int, n_obs: int) -> None:
    """Whether a number of clusters suits a number of spots."""
    _check_integer("n_clusters", n_clusters)
    if not 1 <= n_clusters <= n_obs:
        msg = f"n_clusters must be at least 1 and at most the number of spots ({n_obs}), got {n_clusters}"
        raise ValueError(msg)


def check_count(name: str, value: int, *, least: int = 0) -> None:
    """Whether an argument is an integer of at least some size."""
    _check_integer(name, value)
    if value < least:
        msg = f"{name} must be at least {least}, got {value}"
        raise ValueError(msg)
    if value > MOST:
        msg = f"{name} must be at most {MOST}, got {value}"
        raise ValueError(msg)


def check_neighbors(name: str, n_neighbors: int, n_obs: int, *, where: str = "mdata") -> None:
    """Whether a number of neighbours is at least 1 and below the number of spots."""
    check_count(name, n_neighbors, least=1)
    if n_neighbors >= n_obs:
        msg = f"{name} must be less than the {n_obs} spots of {where}, got {n_neighbors}; pass a smaller {name}"
        raise ValueError(msg)


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Whether an argument is one of its choices."""
    # Lists and arrays cannot be looked up.
    if not isinstance(value, str) or value not in choices:
        msg = f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        raise ValueError(msg)


def check_finite(values: np.ndarray, slot: str, what: str, mend: str) -> None:
    """Whether the rows of numbers (n, d) in a slot are finite (ValueError); ``what`` they are and what mends them complete the message."""
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        msg = (
            f"{slot} must be finite, {bad.sum()} spots have NaN or infinite {what}, first at row {bad.argmax()}; {mend}"
        )
        raise ValueError(msg)


def check_flag(name: str, value: Any, *, optional: bool = False) -> None:
    """Whether an argument is True or False, or None where that is a choice."""
    if not isinstance(value, (bool, np.bool_)) and not (optional and value is None):
        msg = f"{name} must be True{', False or None' if optional else ' or False'}, got {value!r}"
        raise TypeError(msg)


def check_real(name: str, value: float, *, least: float = -np.inf, most: float = np.inf) -> None:
    """Whether an argument is a number within bounds; NaN is within none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        msg = f"{name} must be a number, got {value!r}"
        raise TypeError(msg)
    if not least <= value <= most:
        bounds = f"lie between {least} and {most}" if most < np.inf else f"be at least {least}"
        msg = f"{name} must {bounds}, got {value!r}"
        raise ValueError(msg)


def check_length(name: str, value: float | None) -> None:
    """Whether an argument is a length in the tissue: a positive, finite number."""
    if isinstance(value, bool) or not isinstance(value, (Real, type(None))):
        msg = f"{name} must be a number, a length in the units of the coordinates, got {value!r}"
        raise TypeError(msg)
    if value is None or not 0 < value < np.inf:
        msg = f"{name} must be a positive length in the units of the coordinates, got {value!r}"
        raise ValueError(msg)


def check_name(name: str, value: str) -> None:
    """Whether an argument that names something is a string."""
    if not isinstance(value, str):
        msg = f"{name} must be a string, got {value!r}"
        raise TypeError(msg)


def check_checkpoint(checkpoint: str | Path | None) -> None:
    """Whether this names a file that can be written, in a folder that exists (TypeError, ValueError)."""
    if checkpoint is None:
        return
    path = check_path("checkpoint", checkpoint, unfinished=".part", text=True)
    if path.is_dir() or not path.absolute().parent.is_dir():
        msg = f"checkpoint={str(checkpoint)!r} must name a file in a folder that exists"
        raise ValueError(msg)
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        msg = f"checkpoint={str(checkpoint)!r} must name a file that can be written: permission denied; name another folder"
        raise ValueError(msg)


def check_path(name: str, path: Any, *, unfinished: str = "", text: bool = False) -> Path:
    """The path, if it is one (TypeError) and the file system takes it: not too long, no zero byte (ValueError).

    ``unfinished`` are letters that the name has more while the file is written; ``text`` is for libraries that take UTF-8 only.
    """
    if not isinstance(path, (str, PathLike)) or not isinstance(os.fspath(path), str):
        msg = f"{name} must be the path of a file or folder, got {path!r}"
        raise TypeError(msg)
    try:
        if text:
            str(path).encode()
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(f"{path}{unfinished}")
    except (OSError, ValueError) as error:
        shown = str(path) if len(str(path)) < 200 else f"{str(path)[:100]}…"
        why = getattr(error, "strerror", None) or getattr(error, "reason", error)
        msg = f"{name}={shown!r} is no name of a file: {why}; name another file"
        raise ValueError(msg) from error
    return Path(path)


# Names under which this package, squidpy and scanpy keep other things in uns, obsm and obsp.
RESERVED = frozenset(_keys.REPRESENTATIONS) | {
    *(_keys.SPATIAL, _keys.SPATIAL_NEIGHBORS, _keys.FEATURE_NEIGHBORS, _keys.NEIGHBORS),
    *("X_spatial", "X_umap", "X_tsne", "umap", "tsne", "hvg", "log1p", "moranI", "simulation"),
    *("rank_genes_groups", "spatial_distances", "spatial_connectivities"),
}
# Each makes another name from a key.
_MADE = (
    *(_keys.embedding, _keys.weight, _keys.view_weights, _keys.posterior),
    *(_keys.pseudotime, _keys.paga),
    *(_keys.components, _keys.confidence, _keys.novelty, _keys.colors, _keys.denoised, _keys.corrected),
)


def check_key_added(
    mdata: MuData, key_added: str, *, domains: bool = True, embedding: bool = False, argument: str = "key_added"
) -> None:
    """Whether results can be stored under a key without replacing what this package did not write (ValueError).

    Neither the key nor a name made from it may be that of a modality or of something that this package, squidpy or scanpy
    keep. With ``domains``, the column of ``obs`` must be free or hold domains; with ``embedding``, the slot of ``obsm`` must
    be free or hold an embedding of ours. ``argument`` is the name that messages give the key.
    """
    if not isinstance(key_added, str) or not key_added or "/" in key_added:
        msg = f"{argument} must be a non-empty string without '/', got {key_added!r}"
        raise ValueError(msg)
    for name in (key_added, *(make(key_added) for make in _MADE)):
        if name in mdata.mod or name in RESERVED:
            other = "a modality of that name" if name in mdata.mod else "what scanpy, squidpy or spamca keep there"
            what = f"{argument}={key_added!r}" + (f", which writes {name!r}," if name != key_added else "")
            msg = f"{what} collides with {other}; choose another {argument}, e.g. '{key_added}_domains'"
            raise ValueError(msg)
    for slot in _foreign(mdata, key_added, domains=domains, embedding=embedding):
        level = _records.written_by(mdata, key_added) == _records.OF_TREE
        wrote = (
            "a level of the tree that spamca.tl.hierarchy(store=...) wrote" if level else "which spamca did not write"
        )
        msg = f"{argument}={key_added!r} would replace {slot}, {wrote}; choose another {argument}, e.g. '{key_added}_domains'"
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
