"""``tl.denoise``: features without noise, and of spots that lack a modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData


def denoise(
    mdata: MuData,
    *,
    modalities: str | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    key: str = _keys.SPAMCA,
    key_added: str | None = None,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Take the noise out of the features of each modality, and predict them where a modality was not measured.

    The network that :func:`spamca.tl.integrate` trained restores the features of a spot that it does not see in a modality:
    every spot is hidden in turn, and the decoder :math:`\hat X^m = \hat A_0 Z W` is solved again for what is then around it, together
    with the domains around it and the other modalities of the spot itself. Where the spot was measured, its own components are
    brought in as far as they are signal. The result is mapped back through the loadings of
    :func:`spamca.pp.prepare`.

    ============= ================================================================= ==========================================
    kind          values                                                            as scanpy and muon make them
    ============= ================================================================= ==========================================
    ``"rna"``     :math:`\log(1 + x)` of counts at the median depth                 ``sc.pp.normalize_total``, ``sc.pp.log1p``
    ``"protein"`` centred log ratio within each spot                                ``mu.prot.pp.clr(axis=1)``
    ``"atac"``    TF-IDF, without the depth of the spot where that was left out     ``mu.atac.pp.tfidf(scale_factor=1e4)``
    others        as they were given
    ============= ================================================================= ==========================================

    They are expectations and not counts: they vary less than what was measured, and those near zero may fall below it. Tests of
    single features on them take spots for independent that are not.

    Parameters
    ----------
    mdata
        Tissue, after :func:`spamca.tl.integrate`.
    modalities
        Modality or modalities to denoise; None takes all whose features :func:`spamca.pp.prepare` made.
    features
        Names of features, of any of the modalities, where not all are wanted: no layer is written then, but a table of these for
        all spots. A layer takes four bytes for each spot and feature.
    key
        Name of the result of :func:`spamca.tl.integrate`.
    key_added
        Name of what is written; None takes ``"<key>_denoised"``.
    random_state
        Seed of which spots are hidden together.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca_denoised"`` it has

    ``mdata[modality].layers["spamca_denoised"]``
        Float32 of shape (n_spots, n_features), unless ``features`` are named. NaN for features without loadings: genes that were not
        among the most variable.
    ``mdata.obsm["spamca_denoised_<modality>"]``
        A DataFrame (n_obs, n_loaded) of all spots, those that lack the modality included, of the features that have loadings or of
        those named. Written where a spot lacks the modality, or ``features`` are named.
    ``mdata.uns["spamca"]["denoise"]["spamca_denoised"]``
        By modality ``units``, ``predicted`` (share of the variance of each component that is predicted without the modality) and
        ``own`` (what the spot's own measurement counts for in each, from 0 to 1).

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or an argument not of the kind that it should be.
    KeyError
        If there is no trained network, a modality or feature does not exist, or a modality has no loadings.
    ValueError
        If modalities are not those of the training, or the name is taken. ``mdata`` is then unchanged.

    See Also
    --------
    spamca.tl.integrate : the network.
    spamca.pl.spatial_clusters : draws features of all spots with ``layer="spamca_denoised"``.

    Notes
    -----
    Components that are no stronger than those of noise are left out, and others count as far as they are signal, after Gavish and
    Donoho (2017); the map from the surroundings is a ridge regression whose penalty generalised cross-validation chooses (Golub,
    Heath and Wahba 1979).

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.tl.denoise(mdata)
    >>> mdata["rna"].layers["spamca_denoised"].shape
    (200, 300)
    >>> spamca.tl.denoise(mdata, features=["gene1", "protein2"], key_added="few")
    >>> list(mdata.obsm["few_protein"])
    ['protein2']
    """
    from spamca.tl._denoise_modality import denoised_components
    from spamca.tl._loadings import fitted_of, wanted
    from spamca.tl._network import network_of
    from spamca.tl._store_denoised import check_free, store_denoised
    from spamca.tl._tissue_of import tissue_of

    _checks.check_mudata(mdata, copy=copy)
    random_state = _checks.check_seed(random_state)
    trained = network_of(mdata, key)
    names = wanted(mdata, modalities, features)
    fitted = {name: fitted_of(mdata, name) for name in names}
    key_added = _keys.denoised(key) if key_added is None else key_added
    check_free(mdata, key, key_added, names)
    tissue = tissue_of(mdata, trained, key)
    found: dict[str, Any] = {
        name: denoised_components(mdata, trained.network, tissue, name, key=key, random_state=random_state)
        for name in names
    }
    with _edge.transaction(mdata, copy=copy) as target:
        for name in names:
            store_denoised(target, name, found[name], fitted[name], key, key_added, names[name])
    return target if copy else None
