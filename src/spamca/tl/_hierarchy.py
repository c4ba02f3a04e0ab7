"""``tl.hierarchy``: the tree of domains over a range of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys, _records
from spamca._threads import limited
from spamca.model.domains import find_tree
from spamca.tissue import check_levels_free, write_hierarchy
from spamca.tl._estimate_n_clusters import check_range
from spamca.tl._ready import searched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

MOST, SPOTS_EACH = 15, 30
"""Largest number of domains by default, and how many spots there are for each at least."""


def hierarchy(
    mdata: MuData,
    *,
    n_clusters_range: tuple[int, int] | None = None,
    store: int | Sequence[int] = (),
    key: str = _keys.SPAMCA,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Find the tree of domains: nested levels, from few large domains to many small ones.

    Domains are searched for each number in the range alone, without training again. The searches do not nest. The tree goes through the
    domains of :func:`spamca.tl.integrate`: each coarser level merges two domains, each finer one splits a domain as some search does, and
    the tree is taken whose levels agree best with the searches (adjusted Rand index; Hubert and Arabie 1985), by a beam search.

    The support of a level says how far the data determine it: its mean agreement with searches for its number of domains that each begin
    with half of the spots (Buja and Stuetzle 2006), or in tissue of fewer than 40 spots per domain, with other starts. That of a domain
    is its overlap with the most similar domain of those searches (Jaccard index; Hennig 2007): above 0.75 it is found again, below 0.6 it
    is doubtful. The level of the domains of :func:`spamca.tl.integrate` is a search itself. All others have to nest with it, which can
    lower their support: do not choose the number of domains by it.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate` with its defaults, or :func:`spamca.tl.cluster` after it.
    n_clusters_range
        Smallest and largest number of domains. Time grows with the range.
        None: from 2 to 15, in small tissue to one domain per 30 spots, and further if there are more domains.
    store
        Numbers of domains whose level is written to ``obs``, such as ``[4, 8]``. Levels stored before are written again, or removed
        where the new tree lacks them.
    key
        The ``key_added`` of :func:`spamca.tl.integrate`; the results are named after it, see Returns.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed of samples and starts. The same seed gives the same tree.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key="spamca"`` it has

    ``mdata.obsm["spamca_hierarchy"]``
        Domain of each spot at each level, a data frame of shape (n_obs, n_levels); columns are numbers of domains. The level of the number
        that ``mdata.obs["spamca"]`` has is that column. A domain keeps its name from level to level where most of it stays together; the
        smaller part of a split gets a new one.
    ``mdata.uns["spamca_hierarchy"]``
        ``levels`` (number of domains), for each of them ``support`` and ``agreement`` (adjusted Rand index with the search for that number
        alone); ``nodes``, a data frame with a row for each domain of each level (``level``, ``domain``, ``parent``, ``n_spots``,
        ``support``); ``domains`` and ``colors``, all names and their colours; ``n_clusters``, the number of ``mdata.obs["spamca"]``;
        ``stored``, the levels that are in ``obs``; ``params``, the arguments. In several sections with batch effects removed no halves
        are searched, and support is NaN.
    ``mdata.obs["spamca_4"]``, ``mdata.uns["spamca_4_colors"]``
        For each number in ``store`` its level, and its colours; in each modality too.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If there are no domains of :func:`spamca.tl.integrate`, or one of their modalities is gone.
    ValueError
        If an argument is out of range, the tree has no level that is to be stored, the column for it is taken, or neighbours share
        nothing in any modality. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.pl.hierarchy : a figure of the tree.
    spamca.tl.estimate_n_clusters : which number the data support best.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=4, difficulty=0.2)
    >>> spamca.tl.integrate(mdata, n_clusters=4, max_epochs=10, progress_bar=False)
    >>> spamca.tl.hierarchy(mdata, n_clusters_range=(2, 4), store=2)
    >>> list(mdata.obsm["spamca_hierarchy"])
    ['2', '3', '4']
    >>> mdata.obs["spamca_2"].nunique()
    2
    """
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key, argument="key")
    seed = _checks.check_seed(random_state)
    first = _first(mdata, key)
    n_first = int(first.max()) + 1
    most = max(n_first, int(np.clip(mdata.n_obs // SPOTS_EACH, 2, MOST)))
    between = (2, most) if n_clusters_range is None else n_clusters_range
    check_range(between, mdata.n_obs)
    between = int(between[0]), int(min(between[1], mdata.n_obs))
    stored = _stored(store, between)
    check_levels_free(mdata, key, stored)
    tissue, trust, settings = searched(mdata, key, "hierarchy")
    with limited(n_jobs):
        tree = find_tree(tissue, first, between, trust, settings, random_state=seed)
    if lacking := [number for number in stored if number not in tree.numbers]:
        msg = f"store={store!r}: the tree has no level of {lacking} domains, it ends at {tree.numbers[-1]}; store another level"
        raise ValueError(msg)
    params: dict[str, Any] = {"n_clusters_range": list(between), "random_state": seed}
    with _edge.transaction(mdata, copy=copy) as target:
        write_hierarchy(target, tree, stored, key, params)
    return target if copy else None


def _first(mdata: MuData, key: str) -> np.ndarray:
    """Domain of each spot in ``mdata.obs[key]``, integers of shape (n_obs,)."""
    if "domains" not in _records.record_of(mdata, key) or key not in mdata.obs:
        msg = f"mdata.obs[{key!r}] holds no domains in the features; {_records.integrating(mdata, key)}"
        raise KeyError(msg)
    found = pd.Categorical(mdata.obs[key])
    if (found.codes < 0).any() or len(found.remove_unused_categories().categories) < len(found.categories):
        which = "" if key == _keys.SPAMCA else f", key={key!r}"
        msg = f"mdata.obs[{key!r}] has spots without a domain or domains without a spot; call spamca.tl.cluster(mdata{which})"
        raise ValueError(msg)
    return np.asarray(found.codes, dtype=np.int64)


def _stored(store: int | Sequence[int], between: tuple[int, int]) -> list[int]:
    """Numbers of the levels to store, each within the range."""
    numbers: list[Any] = list(store) if isinstance(store, (list, tuple, range, np.ndarray)) else [store]
    for number in numbers:
        _checks.check_count("store", number, least=2)
        if not between[0] <= number <= between[1]:
            msg = f"store={store!r}: {number} is outside of n_clusters_range={between!r}; widen it, or store another level"
            raise ValueError(msg)
    return [int(number) for number in numbers]
