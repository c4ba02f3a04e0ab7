"""Scores of the domains of a MuData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _keys, _records
from spamca.metrics._agreement import agreement
from spamca.metrics._coherence import coherence
from spamca.metrics._labels import codes
from spamca.metrics._mixing import mixing

if TYPE_CHECKING:
    import pandas as pd
    from mudata import MuData


def score(
    mdata: MuData,
    *,
    key: str | Sequence[str] = _keys.SPAMCA,
    label_key: str | None = None,
    use_rep: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    library_key: str | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Score domains against known labels, where there are any, and by themselves.

    Parameters
    ----------
    mdata
        Object with domains in ``mdata.obs``.
    key
        Column of ``mdata.obs`` with domains, or of a modality (``"rna:leiden"``), or several to compare.
    label_key
        Column with known labels, likewise; without it the result has no agreement.
    use_rep
        Embedding in ``mdata.obsm`` for all keys; by default each has its own (``"X_spamca"`` for ``"spamca"``).
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    library_key
        Column of ``obs`` with the section of each spot; by default the one :func:`spamca.pp.neighbors` got, if any.
    random_state
        Seed of the sample that stands for large tissue in an embedding.

    Returns
    -------
    One row a key. Columns are those of :func:`~spamca.metrics.agreement` (with ``label_key``) and of
    :func:`~spamca.metrics.coherence`; with several sections also those of :func:`~spamca.metrics.mixing`, and with
    ``label_key`` the ARI in each, ``"ARI of <section>"``. What needs an embedding is NaN where there is none.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``key`` or another name not a string.
    KeyError
        If a column or ``use_rep`` is absent.
    ValueError
        If the embedding is not a matrix of finite numbers, or no spot has a domain or a label.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> table = spamca.metrics.score(mdata, key="label", label_key="label")
    >>> float(table.loc["label", "ARI"])
    1.0
    """
    import pandas as pd

    _checks.check_readable(mdata)
    if use_rep is not None:
        _checks.check_name("use_rep", use_rep)
    keys, random_state = _checked_columns(mdata, key, label_key), _checks.check_seed(random_state)
    reps = [_keys.embedding(_records.source_of(mdata, one)) if use_rep is None else use_rep for one in keys]
    embeddings = {rep: _embedding(mdata, rep, required=use_rep is not None) for rep in dict.fromkeys(reps)}
    spatial = _checks.check_coordinates(mdata, spatial_key)
    library = _checks.check_library(mdata, _checks.find_library_key(mdata, library_key, "score"))
    labels: Any = None if label_key is None else _labelled(mdata, "label_key", label_key)

    rows = {}
    for one, rep in zip(keys, reps, strict=True):
        domains = _labelled(mdata, "key", one)
        at: dict[str, Any] = {"embedding": embeddings[rep], "random_state": random_state}
        if labels is not None and not ((codes(labels) >= 0) & (codes(domains) >= 0)).any():
            msg = f"key={one!r} and label_key={label_key!r} share no spot that has a value in both; name other columns"
            raise ValueError(msg)
        measures = {} if labels is None else agreement(labels, domains)
        measures["silhouette"] = np.nan
        measures |= coherence(domains, spatial, library=library, **at)
        if library is not None and len(sections := np.unique(library)) > 1:
            measures |= {"section entropy": np.nan, "iLISI": np.nan} | ({} if labels is None else {"cLISI": np.nan})
            measures |= mixing(library, domains=domains, labels=labels, **at)
            for section in [] if labels is None else sections:
                own = (library == section) & (codes(labels) >= 0) & (codes(domains) >= 0)
                measures[f"ARI of {section}"] = agreement(labels[own], domains[own])["ARI"] if own.any() else np.nan
        rows[one] = measures
    return pd.DataFrame.from_dict(rows, orient="index")


def _checked_columns(mdata: MuData, key: str | Sequence[str], label_key: str | None) -> list[str]:
    """The keys as a list, once they and the key of the labels are known to be columns."""
    keys = [key] if isinstance(key, str) else key
    if not isinstance(keys, (Sequence, np.ndarray)) or not len(keys) or not all(isinstance(one, str) for one in keys):
        msg = f"key must be a column of mdata.obs, or a list of columns, got {key!r}; the default is {_keys.SPAMCA!r}"
        raise TypeError(msg)
    columns = [("key", one) for one in keys] + ([] if label_key is None else [("label_key", label_key)])
    for argument, column in columns:
        mend = "run spamca.tl.cluster(mdata)" if argument == "key" else "name one of its columns"
        _checks.check_column(mdata, argument, column, mend=mend)
    return list(keys)


def _labelled(mdata: MuData, argument: str, name: str) -> pd.Series:
    """A column of labels (n_obs,); ValueError if no spot has one."""
    values = _checks.check_column(mdata, argument, name).values
    if not (codes(values) >= 0).any():
        msg = f"{argument}={name!r} has no value for any spot; name another column"
        raise ValueError(msg)
    return values


def _embedding(mdata: MuData, rep: str, *, required: bool) -> np.ndarray | None:
    """Embedding of all spots, or None where there is none and none is required."""
    _checks.check_name("use_rep", rep)
    # mudata keeps a mask of the spots that have a modality in obsm, under its name.
    held = sorted(name for name in mdata.obsm if name not in mdata.mod)
    if rep not in held and not required:
        return None
    if rep not in held:
        msg = f"use_rep={rep!r} is not in mdata.obsm, which has {held} as embeddings; run spamca.tl.integrate(mdata)"
        raise KeyError(msg)
    values = _checks.dense(mdata.obsm[rep])
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind != "f" or not np.isfinite(values).all():
        is_what = f"got shape {values.shape} of {values.dtype}; name another embedding with use_rep"
        msg = f"mdata.obsm[{rep!r}] must be a matrix of finite numbers, {is_what}"
        raise ValueError(msg)
    return values
