"""``tl.cluster``: another number of domains, or domains from any embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.cluster import CLUSTERERS, N_COMPONENTS, SELECTIONS
from spamca.cluster import refine as refined
from spamca.cluster.reduction import reduce
from spamca.tl._cluster_input import check_range, embedding_of, number_of_clusters, spatial_graph_of
from spamca.tl._found import find_again, has_found
from spamca.tl._store_domains import FIELD, store_domains

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData

    from spamca.cluster import Clustering

KEPT = 0.95
"""Share of the spots that :func:`spamca.tl.transform` has to give the same domains, or a warning says so."""


def cluster(
    mdata: MuData,
    n_clusters: int | None = None,
    *,
    method: str | None = None,
    selection: str | None = None,
    refine: bool = False,
    n_clusters_range: tuple[int, int] = (2, 20),
    n_components: int = N_COMPONENTS,
    use_rep: str | None = None,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Find spatial domains of another number, or in an embedding.

    After :func:`spamca.tl.integrate` at its defaults domains are found as there, in the features and their surroundings, without training
    again. In an embedding (``use_rep``, or after ``preset="paper"``) they are a mixture of Gaussians of one shape on its principal
    components, as in the published read-out (there R's mclust, model "EEE"), from many starts. Partitions of nearly the highest
    likelihood can differ much; among them the one most coherent in the tissue is taken.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`; or with any other embedding in ``obsm``.
    n_clusters
        Number of domains. None takes the number given to :func:`spamca.tl.integrate`, or else estimates it: where the
        likelihood bends and domains are coherent.
    method
        ``"field"``, as :func:`spamca.tl.integrate` finds domains; or in an embedding ``"mixture"``, ``"leiden"`` (the resolution that
        gives ``n_clusters``), or ``"kmeans"``. None: ``"field"`` where :func:`spamca.tl.integrate` found domains and no ``use_rep`` is
        given, else ``"mixture"``.
    selection
        What decides between mixtures of nearly the highest likelihood: ``"coherence"`` of neighbours in the tissue,
        ``"agreement"`` between starts, or the ``"likelihood"`` alone, as mclust does. None takes the coherence where there is
        a spatial graph, and else the agreement.
    refine
        Whether to let each spot follow its surroundings as well (a Potts model on the posterior). Takes away single spots
        within other domains, and structures that are one or two spots wide.
    n_clusters_range
        Smallest and largest number that is tried where it has to be estimated.
    n_components
        Principal components that clusters are read from. Fewer hide fine differences, more let noise in.
    use_rep
        Key of ``mdata.obsm`` with the embedding; by default ``"X_<key_added>"``.
    key_added
        Name of the result, see Returns.
    random_state
        Seed of samples and starts; the same seed gives the same domains.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.obs["spamca"]``
        Domain of each spot: ordered categories ``"0"``, ``"1"``, ... by falling size.
    ``mdata.obs["spamca_confidence"]``
        Posterior probability of that domain.
    ``mdata.obsm["spamca_posterior"]``
        Posterior probability of every domain, a DataFrame of shape (n_obs, n_domains).
    ``mdata.uns["spamca_colors"]``
        One colour per domain; colours that are there stay if their number fits.
    ``mdata.uns["spamca"]["cluster"]``
        ``method``, ``n_clusters``, how it was chosen, likelihoods, the arguments, and, for domains in an embedding, ``readout``:
        the Gaussians that assign other spots (:func:`spamca.tl.transform`).
    ``mdata.obs["<modality>:spamca_weight"]``
        With ``"field"``, share of each modality in what is known of the domain of a spot.
    ``mdata[modality].obs["spamca"]``, ``.uns["spamca_colors"]``
        The domains again, of the spots of the modality.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If there is no such embedding, or no spatial graph where one is needed.
    ValueError
        If an argument is out of its range, or the embedding not finite. ``mdata`` is then unchanged.

    See Also
    --------
    spamca.tl.integrate : the embedding.
    spamca.pl.spatial_clusters : a figure of the domains.

    Notes
    -----
    Fraley and Raftery (2002) for the mixture, Traag, Waltman and van Eck (2019) for leiden.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.tl.cluster(mdata, 4)
    >>> list(mdata.obs["spamca"].cat.categories)
    ['0', '1', '2', '3']
    >>> mdata.obsm["spamca_posterior"].shape
    (200, 4)
    """
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added)
    if method is not None:
        _checks.check_choice("method", method, (FIELD, *CLUSTERERS))
    random_state = _checks.check_seed(random_state)
    _checks.check_count("n_components", n_components, least=1)
    check_range(n_clusters_range, mdata.n_obs)
    if n_clusters is not None:
        _checks.check_n_clusters(n_clusters, mdata.n_obs)
    if method is None:
        method = FIELD if use_rep is None and has_found(mdata, key_added) else "mixture"
    if method == FIELD:
        for name, given, unused in (
            ("use_rep", use_rep, None),
            ("selection", selection, None),
            ("refine", refine, False),
        ):
            if given != unused:
                msg = f"{name}={given!r} is for domains in an embedding, not method={FIELD!r}; leave it out or name another method"
                raise ValueError(msg)
        with _edge.transaction(mdata, copy=copy) as target:
            find_again(target, n_clusters, key_added, random_state)
        return target if copy else None
    from spamca.model.parts import stored_readout

    embedding_key = use_rep or _keys.embedding(key_added)
    embedding = embedding_of(mdata, embedding_key, key_added)
    graph = spatial_graph_of(mdata)
    _check_selection(selection, method, has_graph=graph is not None)
    if refine and graph is None:
        msg = "refine=True needs the spatial graph, which mdata does not have; call spamca.pp.neighbors(mdata)"
        raise KeyError(msg)

    points, components = reduce(embedding, n_components, random_state=random_state)
    n_clusters, chosen = number_of_clusters(mdata, n_clusters, n_clusters_range, key_added, points, graph, random_state)
    options = {} if selection is None else {"selection": selection}
    found = CLUSTERERS[method](points, n_clusters, connectivities=graph, random_state=random_state, **options)
    if refine:
        found = refined(found, graph)
    found = found.by_size()
    _tell(found, n_clusters)
    if refine or method == "leiden":
        _tell_of_readout(found, points)
    record = {
        "method": method,
        **chosen,
        "n_found": found.posterior.shape[1],
        "use_rep": embedding_key,
        "n_components": n_components,
        "refine": refine,
        "random_state": random_state,
        **found.record,
        "readout": stored_readout(found.readout.behind(components)),
    }
    with _edge.transaction(mdata, copy=copy) as target:
        store_domains(target, found, key_added, record)
    return target if copy else None


def _check_selection(selection: str | None, method: str, *, has_graph: bool) -> None:
    if selection is None:
        return
    _checks.check_choice("selection", selection, SELECTIONS)
    if method != "mixture":
        msg = f"selection={selection!r} is for method='mixture', not {method!r}; leave it out"
        raise ValueError(msg)
    if selection == "coherence" and not has_graph:
        msg = (
            "selection='coherence' needs the spatial graph, which mdata does not have; call spamca.pp.neighbors(mdata)"
        )
        raise KeyError(msg)


def _tell(found: Clustering, n_clusters: int) -> None:
    if found.posterior.shape[1] < n_clusters:
        logger.info("cluster: only %d of %d domains hold spots", found.posterior.shape[1], n_clusters)
    reached, best = (found.record.get(name, 0.0) for name in ("log_likelihood", "best_log_likelihood"))
    if best - reached > 1e-6 * abs(best):
        logger.info(
            "cluster: took the mixture of highest %s, log-likelihood %.8g; the highest found is %.8g",
            found.record["selection"],
            reached,
            best,
        )


def _tell_of_readout(found: Clustering, points: np.ndarray) -> None:
    kept = float((found.readout.posterior(points).argmax(axis=1) == found.labels).mean())
    if kept < KEPT:
        logger.info(
            "cluster: Gaussians, by which tl.transform reads domains out, give %.0f %% of these spots the same",
            100 * kept,
        )
