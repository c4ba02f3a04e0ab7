"""``tl.trajectory``: an order of the spots from a root, and which domains pass into each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca import _checks, _edge, _keys, _records
from spamca._logging import logger
from spamca.graph.fuzzy import neighbor_graphs
from spamca.tl._columns import domains_of, embedding_of, neighbors_of
from spamca.trajectory import LEAST, N_COMPONENTS, abstraction, central, joined, pseudotime

if TYPE_CHECKING:
    from mudata import MuData


def trajectory(
    mdata: MuData,
    *,
    root: str,
    groupby: str | None = None,
    n_comps: int = N_COMPONENTS,
    neighbors_key: str | None = None,
    key: str = _keys.SPAMCA,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Order the spots by how far they are from a root in the embedding, and find which domains pass into each other.

    The order is diffusion pseudotime (Haghverdi et al. 2016) on the neighbours of ``obsm["X_spamca"]``. As that embedding holds the
    surroundings of each spot, the order runs through the tissue as well (Ren et al. 2022): with :math:`\lambda_l` and :math:`\psi_l` the largest
    eigenvalues below one and their eigenvectors of a random walk on the neighbours (:func:`scanpy.tl.diffmap`), a spot is

    .. math:: d_i = \sqrt{\sum_l \left(\frac{\lambda_l}{1 - \lambda_l}\right)^2 (\psi_{li} - \psi_{l, \mathrm{root}})^2}

    from the root. Which domains are connected is found by partition-based graph abstraction (PAGA; Wolf et al. 2019; :func:`scanpy.tl.paga`). Pseudotime is
    computed for any tissue, also where there is no gradient.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate`.
    root
        Where the order begins: a domain, of which the spot closest to the mean of its embedding is taken, or the name of a spot. A name
        that is both is taken as the domain.
    groupby
        Column of ``mdata.obs`` with the domains. None takes ``key``.
    n_comps
        Number of eigenvectors. Few keep the main direction only.
    neighbors_key
        Name in ``mdata.uns`` of neighbours as :func:`scanpy.pp.neighbors` writes them. None: the 14 nearest spots in the embedding, which
        are not stored.
    key
        The ``key_added`` of :func:`spamca.tl.integrate`; the results are named after it.
    random_state
        Seed of the start of the eigenvectors, and of the approximate search for neighbours in large tissue.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key="spamca"`` it has

    ``mdata.obs["spamca_pseudotime"]``
        Pseudotime of each spot, from 0 at the root to 1. NaN for spots that no path of neighbours joins to the root; their number is
        logged.
    ``mdata.uns["spamca_paga"]``
        As scanpy lays it out, ``connectivities`` between the domains, sparse (n_domains, n_domains) from 0 to 1, ``connectivities_tree``,
        those of the tree with the strongest, and ``groups``, the column of the domains; also ``names`` of the domains, in order,
        ``root``, the name of the spot, and ``n_comps``.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or an argument has the wrong type.
    KeyError
        If there is no embedding, or no such column or neighbours.
    ValueError
        If ``root`` is neither a domain nor a spot, too few spots are joined to it, or another argument is out of range. ``mdata`` is
        unchanged after an error.

    See Also
    --------
    spamca.pl.trajectory : a figure of both in the tissue.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> spamca.tl.integrate(mdata, n_clusters=3)
    >>> spamca.tl.trajectory(mdata, root="0")
    >>> float(mdata.obs["spamca_pseudotime"].min())
    0.0
    >>> mdata.uns["spamca_paga"]["connectivities"].shape
    (3, 3)
    """
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key, domains=False, argument="key")
    _checks.check_name("root", root)
    _checks.check_count("n_comps", n_comps, least=1)
    if neighbors_key is not None:
        _checks.check_name("neighbors_key", neighbors_key)
    seed = _checks.check_seed(random_state)
    embedding = embedding_of(mdata, _keys.embedding(_records.source_of(mdata, key)), key, others=False)
    groupby = key if groupby is None else groupby
    names, labels = domains_of(mdata, groupby, argument="groupby")
    start = _root(mdata, root, names, labels, embedding)
    if neighbors_key is None:
        graphs = neighbor_graphs(embedding, seed)
    else:
        graphs = neighbors_of(mdata, neighbors_key, ("connectivities", "distances"))
    within = joined(graphs["connectivities"], start)
    if within.sum() < LEAST:
        msg = (
            f"root={root!r}: neighbours join {within.sum()} spots to it, at least {LEAST} are needed; name another root"
        )
        raise ValueError(msg)
    if not within.all():
        note = "trajectory: no neighbours join %d spots to the root, they have no pseudotime (NaN)"
        logger.info(note, (~within).sum())
    order = pseudotime(graphs["connectivities"], start, n_components=n_comps, random_state=seed)
    found = abstraction(graphs["distances"], labels, len(names))
    with _edge.transaction(mdata, copy=copy) as target:
        target.obs[_keys.pseudotime(key)] = order
        target.uns[_keys.paga(key)] = {
            "connectivities": found.connectivities,
            "connectivities_tree": found.tree,
            "groups": groupby,
            "names": names,
            "root": str(mdata.obs_names[start]),
            "n_comps": int(n_comps),
        }
    return target if copy else None


def _root(mdata: MuData, root: str, names: list[str], labels: np.ndarray, embedding: np.ndarray) -> int:
    """Row of the root."""
    if root in names:
        spots = np.flatnonzero(labels == names.index(root))
        start = central(embedding, spots)
        logger.info("trajectory: the root is spot %r, the most central of domain %r", mdata.obs_names[start], root)
        return start
    if root in mdata.obs_names:
        return int(mdata.obs_names.get_loc(root))
    msg = f"root={root!r} is neither a domain, of {names}, nor the name of a spot, such as {mdata.obs_names[0]!r}"
    raise ValueError(msg)
