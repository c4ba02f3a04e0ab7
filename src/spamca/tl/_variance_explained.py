"""``tl.variance_explained``: how much of each modality the domains explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData

ALL = "all"
"""Stands for all domains together in the table."""


def variance_explained(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Measure the share of each modality's variance that the domains explain, together and one by one, as MOFA+ does for factors.

    .. math:: R^2_{mk} = \frac{1}{p_m} \sum_j R^2_{jk}

    is the mean over the features j of modality m that take part in the domains; each counts the same, as in the scaled features that
    domains are found in. :math:`R^2_{jk}` is the share of the variance of feature j between spots that belonging to domain k explains, less
    what arises by chance, in domains that were found without feature j (:func:`spamca.tl.drivers`). Most variance between single spots is
    noise, so that clear domains explain a few per cent of sparse counts.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.drivers`, which is run first, and logged, where it was not.
    key
        The ``key_added`` of the domains, or the ``groupby`` of :func:`spamca.tl.drivers`.
    random_state
        Seed of :func:`spamca.tl.drivers` where it is run.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. ``mdata.uns["spamca_variance_explained"]`` is a DataFrame with a row for each modality and domain
    and columns ``modality``, ``domain`` (``"all"`` for all of them together), and ``variance_explained``. Domains overlap in what they
    explain: their shares do not sum to that of all.

    Raises
    ------
    TypeError, KeyError, ValueError
        As :func:`spamca.tl.drivers`. ``mdata`` is unchanged after an error.

    References
    ----------
    Argelaguet, R. et al. (2020). MOFA+: a statistical framework for comprehensive integration of multi-modal single-cell data.
    Genome Biology 21, 111.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3, difficulty=0.2)
    >>> spamca.tl.integrate(mdata, n_clusters=3, progress_bar=False)
    >>> spamca.tl.variance_explained(mdata)
    >>> mdata.uns["spamca_variance_explained"].pivot(
    ...     index="domain", columns="modality", values="variance_explained"
    ... ).shape
    (4, 2)
    """
    from spamca.tl._drivers import drivers

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_name("key", key)
    random_state = _checks.check_seed(random_state)
    with _edge.transaction(mdata, copy=copy) as target:
        if not isinstance(target.uns.get(_keys.drivers(key)), pd.DataFrame):
            logger.info("variance_explained: no drivers of %r yet, running spamca.tl.drivers", key)
            drivers(target, key=key, random_state=random_state)
        target.uns[_keys.variance_explained(key)] = _by_modality(target, key)
    return target if copy else None


def _by_modality(mdata: MuData, key: str) -> pd.DataFrame:
    """Means over the features that take part in the domains, or over all where none is known to."""
    table, tables = mdata.uns[_keys.drivers(key)], []
    for name in table["modality"].cat.categories:
        own = table[table["modality"] == name]
        used = own[own["contribution"].notna()]
        used = used if len(used) else own
        features = mdata[name].var_names.isin(used["feature"].astype(str))
        together = mdata[name].var.loc[features, _keys.explained(key)].mean()
        each = used.groupby("domain", observed=True)["variance_explained"].mean()
        shares = {ALL: together, **{str(domain): share for domain, share in each.items()}}
        part = {"modality": name, "domain": list(shares), "variance_explained": list(shares.values())}
        tables.append(pd.DataFrame(part))
    out = pd.concat(tables, ignore_index=True)
    domains = [ALL, *map(str, table["domain"].cat.categories)]
    out["modality"] = pd.Categorical(out["modality"], list(table["modality"].cat.categories))
    out["domain"] = pd.Categorical(out["domain"], domains)
    out["variance_explained"] = out["variance_explained"].astype(float)
    return out
