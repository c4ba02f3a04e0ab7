"""Records of results, ``uns[key]``: domains may come from the embedding and the network of another result.

Domains that :func:`spamca.tl.cluster` writes under a ``key_added`` of their own name in ``source`` the result of
:func:`spamca.tl.integrate` that they were found from, and hold what differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata import MuData

OF_TREE = "spamca.tl.hierarchy"
"""The call that writes levels of a tree."""

SOURCE = "source"
"""Entry of the record: the key of the result that domains were found from."""


def own_record(mdata: MuData, key: str) -> Mapping[str, Any]:
    """What ``uns`` holds of a result under its own name; empty where there is no record of that name."""
    held = mdata.uns.get(key)
    return held if isinstance(held, Mapping) else {}


def source_of(mdata: MuData, key: str) -> str:
    """Key of the result that holds the embedding and the network behind domains; their own where they name no other."""
    source = _named(mdata, key, SOURCE)
    if source is None:
        return key
    if not isinstance(mdata.uns.get(source), Mapping):
        msg = (
            f"the domains {key!r} were found from the result {source!r}, which is not in mdata.uns any more; call "
            f"spamca.tl.integrate(mdata, key_added={source!r}) and spamca.tl.cluster again"
        )
        raise KeyError(msg)
    return source


def record_of(mdata: MuData, key: str) -> dict[str, Any]:
    """Record of a result, with what it shares with the result that its domains were found from; empty where there is none."""
    own, source = own_record(mdata, key), source_of(mdata, key)
    return dict(own) if source == key else {**mdata.uns[source], **own}


def found_from(mdata: MuData, key: str) -> list[str]:
    """Keys of other results whose domains were found from one, or are parts of its domains or of theirs."""
    found = [name for name in mdata.uns if name != key and _named(mdata, name, SOURCE) == key]
    while parts := [name for name in mdata.uns if name not in found and _divided(mdata, name) in (key, *found)]:
        found += parts
    return found


def plain(value: Any) -> Any:
    """A value as Python knows it: files give arrays and numbers of NumPy."""
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value):
        return tuple(plain(item) for item in value)
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def written_by(mdata: MuData, column: str) -> str | None:
    """The call that wrote domains to a column of ``obs``, by its records in ``uns``; None if none of this package did."""
    record = own_record(mdata, column)
    if isinstance(record.get("cluster"), Mapping):
        of_network = {"transform": "transform", "network": "integrate"}
        verb = next((verb for entry, verb in of_network.items() if entry in record), "cluster")
        return f"spamca.tl.{verb}"
    name, _, number = column.rpartition("_")
    stored = own_record(mdata, _keys.hierarchy(name)).get("stored", ())
    return OF_TREE if number in {str(one) for one in stored} else None


def integrating(mdata: MuData, key: str) -> str:
    """The call that gives what a result of this name lacks, for messages; where other domains have the name, the key to pass instead."""
    if key == _keys.SPAMCA or not (key in mdata.obs or key in mdata.uns):
        which = "" if key == _keys.SPAMCA else f", key_added={key!r}"
        return f"call spamca.tl.integrate(mdata{which})"
    trained = [str(name) for name in mdata.uns if "network" in own_record(mdata, name)]
    if key in trained:
        return f"call spamca.tl.integrate(mdata, key_added={key!r}) again, or spamca.tl.cluster(mdata, key={key!r}) for domains alone"
    if trained:
        return f"{key!r} is no result of spamca.tl.integrate; pass the key of one, of {trained}"
    return (
        f"{key!r} is no result of spamca.tl.integrate; call spamca.tl.integrate(mdata), and pass key={_keys.SPAMCA!r}"
    )


def holder_of(mdata: MuData, key: str, name: Callable[[str], str]) -> str:
    """The key under which ``uns`` holds an entry: its own, or that of the result that domains were found from; its own where neither does."""
    return key if name(key) in mdata.uns or name(source := source_of(mdata, key)) not in mdata.uns else source


def _named(mdata: MuData, key: str, entry: str) -> str | None:
    found = own_record(mdata, key).get(entry)
    return None if found is None else str(found)


def _divided(mdata: MuData, key: str) -> str | None:
    """Column whose domains were divided into these ones."""
    cluster = own_record(mdata, key).get("cluster")
    column = cluster.get("restrict_to") if isinstance(cluster, Mapping) else None
    return None if column is None else str(column)
