"""Scores of the domains of a MuData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
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
    random_state: int = 0,
) -> pd.DataFrame:
    """Score domains against known labels, where there are any, and by themselves.

    Parameters
    ----------
    mdata
        Object with domains in ``mdata.obs``.
    key
        Column of ``mdata.obs`` with domains, or several to compare: one row of the result each.
    label_key
        Column of ``mdata.obs`` with known labels; without it the result has no agreement.
    use_rep
        Key of an embedding in ``mdata.obsm`` in which the silhouette is measured, the same for all rows; by default the embedding that a
        key came with (``"X_spamca"`` for ``"spamca"``).
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    library_key
        Column of ``obs`` with the section of each spot. By default the one given to :func:`spamca.pp.neighbors`, if any.
    random_state
        Seed of the sample that stands for large tissue in the silhouette.

    Returns
    -------
    One row a key. Columns are those of :func:`~spamca.metrics.agreement` (with ``label_key``) and of
    :func:`~spamca.metrics.coherence`; the silhouette is NaN where there is no embedding. With
    several sections, also those of :func:`~spamca.metrics.mixing`, NaN where there is no embedding, and with ``label_key`` the
    ARI in each section, ``"ARI of <section>"``.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``key`` or another name not a string.
    KeyError
        If a column or ``use_rep`` is absent.
    ValueError
        If the embedding is not a matrix of finite numbers.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> table = spamca.metrics.score(mdata, key="label", label_key="label")
    >>> float(table.loc["label", "ARI"])
    1.0
    """
    import pandas as pd

    from spamca._checks import check_coordinates, check_library, check_readable, check_seed, find_library_key

    check_readable(mdata)
    keys, random_state = _keys_of(key), check_seed(random_state)
    for argument, column in [*(("key", one) for one in keys), ("label_key", label_key)]:
        _check_column(mdata, argument, column)
    reps = {one: _keys.embedding(one) if use_rep is None else use_rep for one in keys}
    embeddings = {rep: _embedding(mdata, rep, required=use_rep is not None) for rep in dict.fromkeys(reps.values())}
    spatial = check_coordinates(mdata, spatial_key)
    library = check_library(mdata, find_library_key(mdata, library_key, "score"))

    rows = {}
    for one in keys:
        measures = {} if label_key is None else agreement(mdata.obs[label_key], mdata.obs[one])
        measures["silhouette"] = np.nan
        measures |= coherence(
            mdata.obs[one],
            spatial,
            embedding=embeddings[reps[one]],
            library=library,
            random_state=random_state,
        )
        if library is not None and len(sections := np.unique(library)) > 1:
            measures |= _of_sections(mdata, one, label_key, library, sections, embeddings[reps[one]], random_state)
        rows[one] = measures
    return pd.DataFrame.from_dict(rows, orient="index")


def _of_sections(
    mdata: MuData,
    key: str,
    label_key: str | None,
    library: np.ndarray,
    sections: np.ndarray,
    embedding: np.ndarray | None,
    random_state: int,
) -> dict[str, float]:
    """Mixing of the sections, and where labels are known what is right in each."""
    domains, labels = mdata.obs[key], None if label_key is None else mdata.obs[label_key]
    measures = {"section entropy": np.nan, "iLISI": np.nan} | ({} if labels is None else {"cLISI": np.nan})
    measures |= mixing(library, domains=domains, embedding=embedding, labels=labels, random_state=random_state)
    if labels is not None:
        for section in sections:
            own = library == section
            told = ((codes(labels[own]) >= 0) & (codes(domains[own]) >= 0)).any()
            measures[f"ARI of {section}"] = agreement(labels[own], domains[own])["ARI"] if told else np.nan
    return measures


def _check_column(mdata: MuData, argument: str, column: str | None) -> None:
    from spamca._checks import check_name

    if column is None:
        return
    check_name(argument, column)
    if column in mdata.obs:
        return
    mend = "run spamca.tl.cluster(mdata)" if argument == "key" else "name one of its columns"
    msg = f"{argument}={column!r} is not in mdata.obs, which has {list(mdata.obs)}: {mend}"
    raise KeyError(msg)


def _keys_of(key: str | Sequence[str]) -> list[str]:
    keys = [key] if isinstance(key, str) else key
    if not isinstance(keys, (Sequence, np.ndarray)) or not len(keys) or not all(isinstance(one, str) for one in keys):
        msg = f"key must be a column of mdata.obs, or a list of columns, got {key!r}; the default is {_keys.SPAMCA!r}"
        raise TypeError(msg)
    return list(keys)


def _embedding(mdata: MuData, rep: str, *, required: bool) -> np.ndarray | None:
    from scipy.sparse import issparse

    from spamca._checks import check_name

    check_name("use_rep", rep)
    # mudata keeps a mask of the spots that have a modality in obsm, under its name.
    held = sorted(name for name in mdata.obsm if name not in mdata.mod)
    if rep not in held:
        if not required:
            return None
        msg = f"use_rep={rep!r} is not in mdata.obsm, which has {held} as embeddings; run spamca.tl.integrate(mdata)"
        raise KeyError(msg)
    values = mdata.obsm[rep]
    values = values.toarray() if issparse(values) else np.asarray(values)
    if values.ndim != 2 or not values.shape[1] or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
        msg = (
            f"mdata.obsm[{rep!r}] must be a matrix of finite numbers, got shape {values.shape} of {values.dtype}; name "
            "another embedding with use_rep"
        )
        raise ValueError(msg)
    return values
