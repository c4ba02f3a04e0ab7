"""``tl.cluster``: another number of domains, domains from any embedding, or parts of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys, _records
from spamca._threads import limited
from spamca.model.domains import FIELD, estimate_emissions, find_domains, results_of
from spamca.tissue import stored_corrected, write
from spamca.tissue.forget import forget_domains
from spamca.tl._cluster_embedding import Embedded, domains_in_embedding
from spamca.tl._cluster_options import check_options, method_of, numbers_of, origin_of
from spamca.tl._estimate_n_clusters import check_range
from spamca.tl._ready import searched
from spamca.tl._subdivide import check_restriction, subdivide

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from mudata import MuData

    from spamca.tissue import Results


def cluster(
    mdata: MuData,
    n_clusters: int | Sequence[int] | None = None,
    *,
    method: str | None = None,
    resolution: float | None = None,
    selection: str | None = None,
    refine: bool = False,
    n_clusters_range: tuple[int, int] | None = None,
    n_comps: int = 20,
    use_rep: str | None = None,
    neighbors_key: str | None = None,
    restrict_to: tuple[str, Sequence[str]] | None = None,
    key: str = _keys.SPAMCA,
    key_added: str | None = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Find another number of spatial domains, find domains in an embedding, or divide some domains further.

    After :func:`spamca.tl.integrate` with its defaults, domains are found as there, in the features and their surroundings, without
    training again. In an embedding (``use_rep``, or after ``preset="paper"``) they are a mixture of Gaussians of one shape on its
    principal components, as published (there with R's mclust, model "EEE"; Fraley and Raftery 2002). Mixtures from many starts reach
    nearly the same likelihood with quite different domains; the one most coherent in the tissue is taken.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate`, or with any other embedding in ``obsm``.
    n_clusters
        Number of domains, or several numbers, each of which gives a result. None takes that of :func:`spamca.tl.integrate`; if there
        is none, it is estimated from the bend of the likelihood and the coherence of the domains.
    method
        ``"field"``, as in :func:`spamca.tl.integrate`; or in an embedding ``"mixture"``, ``"leiden"`` (at a ``resolution``, or at the
        one that gives ``n_clusters``; Traag, Waltman and van Eck 2019), or ``"kmeans"``. None: ``"leiden"`` if ``resolution`` or
        ``neighbors_key`` is given, ``"field"`` if :func:`spamca.tl.integrate` found domains and ``use_rep`` is None, else
        ``"mixture"``.
    resolution
        Resolution of leiden, as in :func:`scanpy.tl.leiden`: the number of domains follows from it. None: the one that gives
        ``n_clusters``.
    selection
        What chooses between mixtures of nearly the highest likelihood: ``"coherence"`` in the tissue, ``"agreement"`` between
        starts, or the ``"likelihood"`` alone, as in mclust. None: coherence if there is a spatial graph, else agreement.
    refine
        Whether each spot also follows its surroundings (a Potts model on the posterior), for domains in an embedding. This removes
        single spots inside other domains, and structures that are one or two spots wide.
    n_clusters_range
        Smallest and largest number to try if the number is estimated. None: 2 and 20, and of domains in the features as in
        :func:`spamca.tl.integrate`.
    n_comps
        Principal components of the embedding to use. Fewer hide fine differences, more let noise in.
    use_rep
        Key of ``mdata.obsm`` with the embedding. None: that of the result ``key``, ``"X_spamca"``.
    neighbors_key
        Name in ``mdata.uns`` of neighbours as :func:`scanpy.pp.neighbors` writes them, for leiden. None: neighbours in the embedding.
    restrict_to
        A column of ``obs`` and the domains of it to divide further, as in :func:`scanpy.tl.leiden`:
        ``tl.cluster(mdata, 3, restrict_to=("spamca", ["2"]))`` divides domain 2 into ``"2,0"``, ``"2,1"`` and ``"2,2"``. Several
        domains are divided together, as one part of the tissue.
    key
        Name of the result of :func:`spamca.tl.integrate` that is read.
    key_added
        Name of the result, see Returns. None: ``key``, whose domains are replaced; of several numbers ``"spamca_6"``, ``"spamca_8"``
        and so on; with ``restrict_to`` the name of the column and ``"_R"``.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed of samples and starts. The same seed gives the same domains.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. Domains, confidence, posterior, colours, and with ``"field"`` the weights of modalities are
    written as by :func:`spamca.tl.integrate`, under the name ``key_added``. ``mdata.uns["spamca"]["cluster"]`` holds ``method``,
    ``n_clusters`` and its origin, arguments, and for domains in an embedding likelihoods and ``readout``, the Gaussians that assign
    spots of other tissue (:func:`spamca.tl.transform`). A result under a name of its own shares embedding and network with the one
    that it was found from. With ``restrict_to`` only labels and colours are written, under the new name.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    KeyError
        If the embedding, the domains of :func:`spamca.tl.integrate`, neighbours or the spatial graph that an argument needs are absent.
    ValueError
        If an argument cannot be used. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.integrate : domains and embedding.
    spamca.pp.neighbors : the spatial graph.
    spamca.tl.hierarchy : domains at all levels, one within another.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.tl.integrate(mdata, n_clusters=5)
    >>> spamca.tl.cluster(mdata, n_clusters=3, key_added="three")
    >>> list(mdata.obs["three"].cat.categories)
    ['0', '1', '2']
    >>> spamca.tl.cluster(mdata, 2, restrict_to=("three", ["0"]))
    >>> list(mdata.obs["three_R"].cat.categories)
    ['0,0', '0,1', '1', '2']
    """
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_name("key", key)
    seed = _checks.check_seed(random_state)
    _checks.check_count("n_comps", n_comps, least=1)
    _checks.check_flag("refine", refine)
    if n_clusters_range is not None:
        check_range(n_clusters_range, mdata.n_obs)
    for name, value in {"use_rep": use_rep, "neighbors_key": neighbors_key}.items():
        if value is not None:
            _checks.check_name(name, value)
    record = _records.record_of(mdata, key)
    method = method_of(method, record, use_rep=use_rep, leiden=resolution is not None or neighbors_key is not None)
    check_options(
        mdata,
        method,
        key,
        record,
        {"use_rep": use_rep, "selection": selection, "refine": refine or None},
        {"resolution": resolution, "neighbors_key": neighbors_key},
        n_clusters,
    )
    options = (method, resolution, selection, refine, n_clusters_range, n_comps, use_rep, neighbors_key)
    search = Embedded(*options, key, seed)
    if restrict_to is not None:
        part = check_restriction(mdata, restrict_to, n_clusters, key_added)
        with limited(n_jobs), _edge.transaction(mdata, copy=copy) as target:
            subdivide(target, part, search)
        return target if copy else None
    wanted = numbers_of(mdata, n_clusters, key, key_added)
    with limited(n_jobs), _edge.transaction(mdata, copy=copy) as target:
        for name, number in wanted.items():
            origin = {} if resolution is not None else origin_of(mdata, number, record.get("params", {}))
            if method == FIELD:
                results = _domains_in_features(mdata, origin, key, seed)
            else:
                results = domains_in_embedding(mdata, origin, search)
            if name != key:
                forget_domains(target, name)
                if key in mdata.uns and search.slot(mdata) == search.own_slot(mdata):
                    results.record[_records.SOURCE] = _records.source_of(mdata, key)
            write(target, results, name, "cluster")
    return target if copy else None


def _domains_in_features(mdata: MuData, number: dict[str, Any], key: str, random_state: int) -> Results:
    """Domains found as :func:`spamca.tl.integrate` found them, in another number."""
    tissue, trust, search = searched(mdata, key, "cluster")
    stored = stored_corrected(mdata, tissue.names, key)
    found = find_domains(tissue, number["n_clusters"], trust, search, random_state=random_state)
    corrected = None if stored is None else tissue.having(stored, random_state)
    emissions = estimate_emissions(tissue, found, search, corrected)
    return results_of(found, emissions, tissue.names, **number, random_state=random_state)
