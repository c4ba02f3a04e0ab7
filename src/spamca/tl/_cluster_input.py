"""What ``tl.cluster`` reads from a MuData: embedding, spatial graph, and number of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.cluster import estimate_number

if TYPE_CHECKING:
    from mudata import MuData
    from scipy.sparse import csr_matrix


def embedding_of(mdata: MuData, key: str, key_added: str) -> np.ndarray:
    """Finite numbers of shape (n_obs, d) in ``mdata.obsm[key]``."""
    if key not in mdata.obsm or key in mdata.mod:
        held = ", ".join(repr(name) for name in mdata.obsm if name not in mdata.mod) or "nothing"
        which = "" if key_added == _keys.SPAMCA else f", key_added={key_added!r}"
        made = f"call spamca.tl.integrate(mdata{which}) or " if key == _keys.embedding(key_added) else ""
        msg = f"mdata.obsm[{key!r}] does not exist; {made}name an embedding with use_rep: mdata.obsm holds {held}"
        raise KeyError(msg)
    values = mdata.obsm[key]
    values = values.toarray() if issparse(values) else np.asarray(values)
    if values.ndim != 2 or values.shape[1] == 0 or not np.issubdtype(values.dtype, np.number):
        msg = f"mdata.obsm[{key!r}] must be a table of numbers, got {values.dtype} of shape {values.shape}"
        raise ValueError(msg)
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        msg = (
            f"mdata.obsm[{key!r}] must be finite, {bad.sum()} spots have NaN or infinite values, first at row "
            f"{bad.argmax()}; call spamca.tl.integrate(mdata) again, or leave those spots out"
        )
        raise ValueError(msg)
    return values


def spatial_graph_of(mdata: MuData) -> csr_matrix | None:
    """Connectivities of the spatial graph, (n_obs, n_obs), if there is one."""
    record = mdata.uns.get(_keys.SPATIAL_NEIGHBORS, {})
    return mdata.obsp.get(record.get("connectivities_key", _keys.connectivities(_keys.SPATIAL)))


def number_of_clusters(
    mdata: MuData,
    given: int | None,
    between: tuple[int, int],
    key_added: str,
    points: np.ndarray,
    graph: csr_matrix | None,
    random_state: int,
) -> tuple[int, dict[str, Any]]:
    """Number of clusters, and the record of where it is from."""
    if given is not None:
        return int(given), {"n_clusters": int(given), "n_clusters_from": "argument"}
    expected = mdata.uns.get(key_added, {}).get("params", {}).get("n_clusters")
    if expected is not None:
        _checks.check_n_clusters(expected, mdata.n_obs)
        logger.info("cluster: n_clusters=%d, that of integrate", expected)
        return int(expected), {"n_clusters": int(expected), "n_clusters_from": "integrate"}
    numbers = range(between[0], min(between[1], mdata.n_obs) + 1)
    estimate = estimate_number(points, numbers, connectivities=graph, random_state=random_state)
    logger.info(
        "cluster: n_clusters not given, estimated %d between %d and %d from the bend of the BIC and the %s",
        estimate.n_clusters,
        numbers[0],
        numbers[-1],
        "agreement between starts" if graph is None else "coherence in the tissue",
    )
    return estimate.n_clusters, {
        "n_clusters": estimate.n_clusters,
        "n_clusters_from": "estimate",
        "tried": estimate.tried,
        "bic": estimate.bic,
        "explained": estimate.explained,
        "coherence": estimate.coherence,
    }


def check_range(between: tuple[int, int], n_obs: int) -> None:
    """Whether ``n_clusters_range`` is one.

    Raises
    ------
    TypeError
        If it does not hold integers.
    ValueError
        If it is no rising pair that begins between 2 and the number of spots.
    """
    if len(between) != 2:
        msg = f"n_clusters_range must be a pair, the smallest and the largest number, got {between!r}"
        raise ValueError(msg)
    for value in between:
        _checks.check_count("n_clusters_range", value, least=2)
    if not between[0] <= min(between[1], n_obs):
        msg = f"n_clusters_range must rise and begin at most at the number of spots ({n_obs}), got {between!r}"
        raise ValueError(msg)
