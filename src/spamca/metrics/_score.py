"""Scores of the domains of a MuData."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca.metrics._agreement import agreement
from spamca.metrics._coherence import coherence

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        Key of ``mdata.obsm`` in which the silhouette is measured, the same for all rows; by default the embedding that a
        key came with (``"X_spamca"`` for ``"spamca"``).
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    library_key
        Column of ``mdata.obs`` with the section of each spot.
    random_state
        Seed of the sample that stands for large tissue in the silhouette.

    Returns
    -------
    One row a key. Columns are those of :func:`~spamca.metrics.agreement` (with ``label_key``) and of
    :func:`~spamca.metrics.coherence`; the silhouette is NaN where there is no embedding.

    Raises
    ------
    KeyError
        If a column or ``use_rep`` is absent.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> table = spamca.metrics.score(mdata, key="label", label_key="label")
    >>> float(table.loc["label", "ARI"])
    1.0
    """
    import pandas as pd

    from spamca._checks import check_coordinates, check_library, check_mudata

    check_mudata(mdata)
    keys = [key] if isinstance(key, str) else list(key)
    for argument, column in [*(("key", one) for one in keys), ("label_key", label_key)]:
        _check_column(mdata, argument, column)
    if use_rep is not None and use_rep not in mdata.obsm:
        msg = (
            f"use_rep={use_rep!r} is not in mdata.obsm, which has {sorted(mdata.obsm)}; run spamca.tl.integrate(mdata)"
        )
        raise KeyError(msg)
    spatial, library = check_coordinates(mdata, spatial_key), check_library(mdata, library_key)

    rows = {}
    for one in keys:
        measures = {} if label_key is None else agreement(mdata.obs[label_key], mdata.obs[one])
        rep = use_rep or _keys.embedding(one)
        measures["silhouette"] = np.nan
        measures |= coherence(
            mdata.obs[one],
            spatial,
            embedding=np.asarray(mdata.obsm[rep]) if rep in mdata.obsm else None,
            library=library,
            random_state=random_state,
        )
        rows[one] = measures
    return pd.DataFrame.from_dict(rows, orient="index")


def _check_column(mdata: MuData, argument: str, column: str | None) -> None:
    if column is None or column in mdata.obs:
        return
    mend = "run spamca.tl.cluster(mdata)" if argument == "key" else "name one of its columns"
    msg = f"{argument}={column!r} is not in mdata.obs, which has {list(mdata.obs)}: {mend}"
    raise KeyError(msg)
