"""Records of results, ``uns[key]``: domains may come from the embedding and the network of another result.

Domains that :func:`spamca.tl.cluster` writes under a ``key_added`` of their own name in ``source`` the result of
:func:`spamca.tl.integrate` that they were found from, and hold what differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mudata import MuData

SOURCE = "source"
"""Entry of the record: the key of the result that domains were found from."""


def source_of(mdata: MuData, key: str) -> str:
    """Key of the result that holds the embedding and the network behind domains; their own where they name no other."""
    record = mdata.uns.get(key)
    source = record.get(SOURCE) if isinstance(record, Mapping) else None
    return key if source is None or not isinstance(mdata.uns.get(str(source)), Mapping) else str(source)


def record_of(mdata: MuData, key: str) -> dict[str, Any]:
    """Record of a result, with what it shares with the result that its domains were found from; empty where there is none."""
    own, source = mdata.uns.get(key), source_of(mdata, key)
    if not isinstance(own, Mapping):
        return {}
    return dict(own) if source == key else {**mdata.uns[source], **own}


def found_from(mdata: MuData, key: str) -> list[str]:
    """Keys of other results whose domains were found from one."""
    return [name for name in mdata.uns if name != key and source_of(mdata, name) == key]
