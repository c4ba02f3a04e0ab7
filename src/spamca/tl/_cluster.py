"""``tl.cluster``: another number of domains, or domains from any embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.cluster import CLUSTERERS
from spamca.domains import DomainSettings
from spamca.model.domains import FIELD, estimate_emissions, find_domains, results_of
from spamca.model.parts import settings_of
from spamca.tissue import read, stored_batches, stored_corrected, write
from spamca.tl._cluster_embedding import domains_in_embedding
from spamca.tl._estimate_n_clusters import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

    from spamca.tissue import Results


def cluster(
    mdata: MuData,
    n_clusters: int | None = None,
    *,
    method: str | None = None,
    selection: str | None = None,
    refine: bool = False,
    n_clusters_range: tuple[int, int] = (2, 20),
    n_comps: int = 20,
    use_rep: str | None = None,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    """Find another number of spatial domains, or find domains in an embedding.

    After :func:`spamca.tl.integrate` with its defaults, domains are found as there, in the features and their surroundings, without
    training again. In an embedding (``use_rep``, or after ``preset="paper"``) they are a mixture of Gaussians of one shape on its
    principal components, as published (there with R's mclust, model "EEE"; Fraley and Raftery 2002). Mixtures from many starts reach
    nearly the same likelihood with quite different domains; the one most coherent in the tissue is taken.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate`, or with any other embedding in ``obsm``.
    n_clusters
        Number of domains. None takes that of :func:`spamca.tl.integrate`; if there is none, it is estimated from the bend of the
        likelihood and the coherence of the domains.
    method
        ``"field"``, as in :func:`spamca.tl.integrate`; or in an embedding ``"mixture"``, ``"leiden"`` (at the resolution that gives
        ``n_clusters``; Traag, Waltman and van Eck 2019), or ``"kmeans"``. None: ``"field"`` if :func:`spamca.tl.integrate` found domains and ``use_rep`` is None, else
        ``"mixture"``.
    selection
        What chooses between mixtures of nearly the highest likelihood: ``"coherence"`` in the tissue, ``"agreement"`` between
        starts, or the ``"likelihood"`` alone, as in mclust. None: coherence if there is a spatial graph, else agreement.
    refine
        Whether each spot also follows its surroundings (a Potts model on the posterior). This removes single spots inside other
        domains, and structures that are one or two spots wide.
    n_clusters_range
        Smallest and largest number to try if the number is estimated.
    n_comps
        Principal components of the embedding to use. Fewer hide fine differences, more let noise in.
    use_rep
        Key of ``mdata.obsm`` with the embedding. None: ``"X_<key_added>"``.
    key_added
        Name of the result, see Returns.
    random_state
        Seed of samples and starts. The same seed gives the same domains.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. Domains, confidence, posterior, colours, and with ``"field"`` the weights of modalities are
    written as by :func:`spamca.tl.integrate`. ``mdata.uns["spamca"]["cluster"]`` holds ``method``, ``n_clusters`` and its origin,
    arguments, and for domains in an embedding likelihoods and ``readout``, the Gaussians that assign spots of other tissue
    (:func:`spamca.tl.transform`).

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If there is no such embedding, or no spatial graph where one is needed.
    ValueError
        If an argument is out of range, or the embedding not finite. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.integrate : domains and embedding.
    spamca.pl.spatial_clusters : a figure of the domains.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.tl.cluster(mdata, 4)
    >>> list(mdata.obs["spamca"].cat.categories)
    ['0', '1', '2', '3']
    """
    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added)
    if method is not None:
        _checks.check_choice("method", method, (FIELD, *CLUSTERERS))
    seed = _checks.check_seed(random_state)
    _checks.check_count("n_comps", n_comps, least=1)
    _checks.check_flag("refine", refine)
    if use_rep is not None:
        _checks.check_name("use_rep", use_rep)
    check_range(n_clusters_range, mdata.n_obs)
    if n_clusters is not None:
        _checks.check_n_clusters(n_clusters, mdata.n_obs)
    record = mdata.uns.get(key_added, {})
    if method is None:
        method = FIELD if use_rep is None and "domains" in record else "mixture"
    if method == FIELD:
        for name, given in {"use_rep": use_rep, "selection": selection, "refine": refine or None}.items():
            if given is not None:
                msg = f"{name}={given!r} is for domains in an embedding, not method={FIELD!r}; leave it out or name another method"
                raise ValueError(msg)
        if "domains" not in record:
            which = "" if key_added == _keys.SPAMCA else f", key_added={key_added!r}"
            msg = f"mdata.uns[{key_added!r}] holds no domains; call spamca.tl.integrate(mdata{which})"
            raise KeyError(msg)
    params = record.get("params", {})
    number: dict[str, Any] = {}
    if n_clusters is not None:
        number = {"n_clusters": int(n_clusters), "n_clusters_from": "argument"}
    elif params.get("n_clusters") is not None:
        number = {"n_clusters": int(params["n_clusters"]), "n_clusters_from": "integrate"}
        _checks.check_n_clusters(number["n_clusters"], mdata.n_obs)
        logger.info("cluster: n_clusters=%d, that of integrate", number["n_clusters"])
    if method == FIELD:
        results = _domains_in_features(mdata, number, params, key_added, seed)
    else:
        results = domains_in_embedding(
            mdata,
            number,
            method,
            selection=selection,
            refines=refine,
            between=n_clusters_range,
            n_comps=n_comps,
            use_rep=use_rep,
            key_added=key_added,
            random_state=seed,
        )
    with _edge.transaction(mdata, copy=copy) as target:
        write(target, results, key_added, "cluster")
    return target if copy else None


def _domains_in_features(
    mdata: MuData, number: dict[str, Any], params: Mapping[str, Any], key_added: str, random_state: int
) -> Results:
    """Domains found as :func:`spamca.tl.integrate` found them with these ``params``, in another number."""
    names = [str(name) for name in mdata.uns[key_added]["modalities"]]
    tissue = read(mdata, names, sections=stored_batches(mdata, "cluster", params))
    stored, search = stored_corrected(mdata, tissue.names, key_added), settings_of(DomainSettings, params)
    trust = params.get("modality_trust")
    found = find_domains(tissue, number["n_clusters"], trust, search, random_state=random_state)
    corrected = None if stored is None else tissue.having(stored, random_state)
    emissions = estimate_emissions(tissue, found, search, corrected)
    return results_of(found, emissions, tissue.names, **number, random_state=random_state)
