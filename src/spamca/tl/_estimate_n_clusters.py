"""``tl.estimate_n_clusters``: how many domains a tissue has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca._threads import limited
from spamca.tl._ready import check_batch_key, check_trust, ready

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData


def estimate_n_clusters(
    mdata: MuData,
    *,
    n_clusters_range: tuple[int, int] | None = None,
    modality_trust: Mapping[str, float] | None = None,
    batch_correction: bool = True,
    batch_key: str | Sequence[str] | None = None,
    key_added: str = _keys.SPAMCA,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Estimate the number of domains from the features and the spatial graph, without training.

    For each number in the range, domains are found and scored by a penalised likelihood: how well the domains around a spot predict
    its features (Forbes and Peyrard 2003), minus the cost of the domains (Varin and Vidoni 2005, Gao and Song 2010). The smallest number
    within one standard error of the difference from the best is taken (Breiman et al. 1984); those within two are plausible. Where tissue
    changes gradually there is no true number: look at the criteria (:func:`spamca.pl.n_clusters`), other numbers may serve as well.
    Runs :func:`spamca.pp.neighbors` first, and logs that, if it was not run.

    Parameters
    ----------
    mdata
        Tissue with one or more modalities measured on the same spots. A spot may lack a modality.
    n_clusters_range
        Smallest and largest number to try. Time grows with the range. None: from 2 to 15, in small tissue to one domain per 60 spots.
        A warning says when the estimate is the largest number tried.
    modality_trust, batch_correction, batch_key
        As in :func:`spamca.tl.integrate`.
    key_added
        Name of the result, see Returns.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed. The same seed gives the same number.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.uns["spamca_n_clusters"]``
        ``n_clusters``, the estimate; ``plausible``, the numbers close to the best; ``tried``, and for each number tried ``gain`` (the
        likelihood, in nats per spot), ``evidence`` (the penalised likelihood), ``error`` (standard error of the
        difference from the best), ``stability`` (agreement of starts and scales) and ``coherence`` (share of edges of the spatial graph within
        domains); ``params``, the arguments.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If ``modality_trust`` names a modality that does not exist.
    ValueError
        If the tissue or an argument cannot be used. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.pl.n_clusters : a figure of the criteria.
    spamca.tl.integrate : domains and embedding with that number.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=4, difficulty=0.2)
    >>> spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 7))
    >>> mdata.uns["spamca_n_clusters"]["n_clusters"]
    4
    """
    from spamca.model.domains import default_range, find_number, stored_number

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added)
    seed = _checks.check_seed(random_state)
    _checks.check_size(mdata, "to estimate a number of domains")
    between = default_range(mdata.n_obs) if n_clusters_range is None else n_clusters_range
    check_range(between, mdata.n_obs)
    check_trust(mdata, modality_trust)
    _checks.check_flag("batch_correction", batch_correction)
    check_batch_key(batch_key, batch_correction=batch_correction)
    batches: dict[str, Any] = {"batch_correction": batch_correction, "batch_key": batch_key}
    with limited(n_jobs), _edge.transaction(mdata, copy=copy) as target:
        tissue = ready(target, seed, "estimate_n_clusters", **batches)
        found = find_number(tissue, between, modality_trust, random_state=seed, caller="estimate_n_clusters")
        target.uns[_keys.n_clusters(key_added)] = stored_number(found, between, modality_trust, seed)
    return target if copy else None


def check_range(between: tuple[int, int], n_obs: int) -> None:
    """Whether ``n_clusters_range`` is a rising pair of integers that begins between 2 and the number of spots (TypeError, ValueError)."""
    pair = f"n_clusters_range must be a pair, the smallest and the largest number, got {between!r}"
    if not isinstance(between, (tuple, list, range, np.ndarray)) or np.ndim(between) != 1:
        raise TypeError(pair)
    if len(between) != 2:
        raise ValueError(pair)
    for value in between:
        _checks.check_count("n_clusters_range", value, least=2)
    if not between[0] <= min(between[1], n_obs):
        msg = f"n_clusters_range must rise and begin at most at the number of spots ({n_obs}), got {between!r}"
        raise ValueError(msg)
