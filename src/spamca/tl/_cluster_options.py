"""What the arguments of ``tl.cluster`` ask for: the method, the numbers of domains and the names of the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys, _records
from spamca._logging import logger
from spamca.cluster import CLUSTERERS
from spamca.model.domains import FIELD
from spamca.tissue.forget import check_no_embedding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData


def method_of(method: str | None, record: Mapping[str, Any], *, use_rep: str | None, leiden: bool) -> str:
    """The method that is named (ValueError), or else the one that the other arguments ask for."""
    if method is not None:
        _checks.check_choice("method", method, (FIELD, *CLUSTERERS))
        return method
    if leiden:
        return "leiden"
    return FIELD if use_rep is None and "domains" in record else "mixture"


def check_options(
    mdata: MuData,
    method: str,
    key: str,
    record: Mapping[str, Any],
    of_embeddings: Mapping[str, Any],
    of_leiden: Mapping[str, Any],
    n_clusters: int | Sequence[int] | None,
) -> None:
    """Whether options fit the method, and what it needs is there (TypeError, ValueError, KeyError)."""
    for name, given in of_leiden.items():
        if given is not None and method != "leiden":
            msg = f"{name}={given!r} is for method='leiden', not {method!r}; leave it out"
            raise ValueError(msg)
    if (resolution := of_leiden["resolution"]) is not None:
        _checks.check_real("resolution", resolution, least=0, most=1e6)
        if n_clusters is not None:
            msg = f"resolution={resolution!r} and n_clusters={n_clusters!r} both set the number of domains; leave one of them out"
            raise ValueError(msg)
    if method != FIELD:
        return
    for name, given in of_embeddings.items():
        if given is not None:
            msg = f"{name}={given!r} is for domains in an embedding, not method={FIELD!r}; leave it out or name another method"
            raise ValueError(msg)
    if "domains" not in record:
        msg = f"mdata.uns[{key!r}] holds no domains found in the features; {_records.integrating(mdata, key)}"
        raise KeyError(msg)


def numbers_of(
    mdata: MuData, n_clusters: int | Sequence[int] | None, key: str, key_added: str | None
) -> dict[str, int | None]:
    """Number of domains of each result, by its name; both are checked (TypeError, ValueError)."""
    name = key if key_added is None else key_added
    if isinstance(n_clusters, (Sequence, np.ndarray)) and not isinstance(n_clusters, str):
        if not len(n_clusters):
            msg = "n_clusters names no number; pass one, several, or None"
            raise ValueError(msg)
        _checks.check_name("key_added", name)
        wanted: dict[str, int | None] = {_keys.level(name, number): number for number in n_clusters}
    else:
        wanted = {name: n_clusters}
    for one, number in wanted.items():
        _checks.check_key_added(mdata, one)
        if one != key:
            check_no_embedding(mdata, one, key)
        if number is not None:
            _checks.check_n_clusters(number, mdata.n_obs)
    return wanted


def origin_of(mdata: MuData, n_clusters: int | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """The number of domains and where it is from; empty where it is to be estimated."""
    if n_clusters is not None:
        return {"n_clusters": int(n_clusters), "n_clusters_from": "argument"}
    if params.get("n_clusters") is None:
        return {}
    number = int(params["n_clusters"])
    _checks.check_n_clusters(number, mdata.n_obs)
    logger.info("cluster: n_clusters=%d, that of integrate", number)
    return {"n_clusters": number, "n_clusters_from": "integrate"}
