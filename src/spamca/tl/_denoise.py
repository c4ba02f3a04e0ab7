"""``tl.denoise``: features without noise, and of spots that lack a modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spamca import _checks, _edge, _keys, _records
from spamca._logging import logger
from spamca.tissue import check_free, feature_names, signal_of, stored_fitted, write_denoised

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData


def denoise(
    mdata: MuData,
    *,
    modalities: str | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    key: str = _keys.SPAMCA,
    key_added: str | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Remove noise from the features of each modality, and predict them where a modality was not measured.

    Each spot is hidden in turn in a modality. A ridge regression, its penalty from generalised cross-validation (Golub, Heath and Wahba
    1979), then predicts its features from its surroundings, by the decoder :math:`\hat X^m = \hat A_0 Z W` of the network of
    :func:`spamca.tl.integrate` solved for them, and from its other modalities. Where the spot was measured, its own components are added,
    shrunk to their share of signal; those no stronger than noise are left out (Gavish and Donoho 2017). The loadings of
    :func:`spamca.pp.prepare` map the result back to features.

    ============= ================================================================= ==========================================
    kind          values                                                            as scanpy and muon make them
    ============= ================================================================= ==========================================
    ``"rna"``     :math:`\log(1 + x)` of counts at the median depth                 ``sc.pp.normalize_total``, ``sc.pp.log1p``
    ``"protein"`` centred log ratio within each spot                                ``mu.prot.pp.clr(axis=1)``
    ``"atac"``    TF-IDF, without the depth of the spot if that was left out        ``mu.atac.pp.tfidf(scale_factor=1e4)``
    others        as they were given
    ============= ================================================================= ==========================================

    The values are expectations, not counts: they vary less than the measured ones, and those near zero may be negative. Spots are no
    longer independent, as tests of single features assume.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate`.
    modalities
        Modality or modalities to denoise. None takes all whose features :func:`spamca.pp.prepare` made.
    features
        Names of features that :func:`spamca.pp.prepare` used, of any of the modalities: a table of these alone is written.
    key, key_added
        Names of the result of :func:`spamca.tl.integrate` and of this one, see Returns. None takes ``"<key>_denoised"``.
    random_state
        Seed of which spots are hidden together.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca_denoised"`` it has

    ``mdata[modality].layers["spamca_denoised"]``
        Float32 of shape (n_spots, n_features), of modalities all of whose features have loadings, unless ``features`` are named.
    ``mdata.obsm["spamca_denoised_<modality>"]``
        If a feature has no loadings, such as genes that were not among the most variable, if a spot lacks the modality, or
        ``features`` are named: a DataFrame (n_obs, n_loaded) for all spots, of the features with loadings or of those named.
    ``mdata.uns["spamca"]["denoise"]["spamca_denoised"]``
        By modality ``units``, ``predicted`` (share of the variance of each component that is predicted without the modality) and
        ``own`` (weight of the spot's own measurement in each, from 0 to 1).

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or an argument has the wrong type.
    KeyError
        If there is no trained network, a modality or feature does not exist, or a modality has no loadings.
    ValueError
        If modalities are not those of the training, a feature has no loadings, or the name is taken. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.integrate : the network.
    spamca.pl.spatial_clusters : draws features of all spots with ``layer="spamca_denoised"``.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.tl.denoise(mdata)
    >>> mdata["rna"].layers["spamca_denoised"].shape
    (200, 300)
    >>> spamca.tl.denoise(mdata, features=["gene1", "protein2"], key_added="few")
    >>> list(mdata.obsm["few_protein"])
    ['protein2']
    """
    from spamca.model.apply import denoise_tissue
    from spamca.model.network import trained_network, trained_tissue
    from spamca.nn import Settings

    _checks.check_mudata(mdata, copy=copy)
    seed = _checks.check_seed(random_state)
    _checks.check_name("key", key)
    key = _records.source_of(mdata, key)
    trained = trained_network(mdata, key)
    _check_loadings(mdata)
    names = _wanted(mdata, modalities, features)
    fitted = {name: stored_fitted(mdata[name]) for name in names}
    key_added = _keys.denoised(key) if key_added is None else key_added
    check_free(mdata, key, key_added, names)
    if list(mdata.mod) != trained.names:
        msg = (
            f"mdata has modalities {list(mdata.mod)}, and the network of {key!r} was trained on {trained.names}; "
            f"call spamca.tl.integrate(mdata, key_added={key!r}) again"
        )
        raise ValueError(msg)
    needs = {
        "feature_graphs": "feature" in trained.network.settings.views,
        "position": mdata.n_obs > Settings.whole_tissue,
    }
    tissue = trained_tissue(mdata, trained, key, **needs)
    signal = [signal_of(modality) for modality in mdata.mod.values()]
    found = denoise_tissue(tissue, trained, names, signal, random_state=seed)
    with _edge.transaction(mdata, copy=copy) as target:
        for name in names:
            write_denoised(target, name, found[name], fitted[name], key, key_added, names[name])
    return target if copy else None


def _check_loadings(mdata: MuData) -> None:
    """Whether the loadings that the records of modalities name are there (KeyError)."""
    for name, modality in mdata.mod.items():
        record = modality.uns.get(_keys.MODALITY_RECORD, {})
        loadings = record.get("loadings") if isinstance(record, Mapping) else None
        if loadings is not None and loadings not in modality.varm:
            msg = (
                f"mdata[{name!r}].varm[{loadings!r}], the loadings of its features, is not there any more; "
                "call spamca.pp.prepare(mdata) and integrate again"
            )
            raise KeyError(msg)


def _wanted(
    mdata: MuData, modalities: str | Sequence[str] | None, features: Sequence[str] | None
) -> dict[str, list[str] | None]:
    """Names of the features to denoise, by modality; None for all of a modality."""
    records = {name: modality.uns.get(_keys.MODALITY_RECORD, {}) for name, modality in mdata.mod.items()}
    loaded = [name for name in mdata.mod if _keys.PREPARATION in mdata[name].varm and "loadings" in records[name]]
    if modalities is None:
        names = loaded
        if lacking := [name for name in mdata.mod if name not in loaded]:
            logger.info("denoise: %s left out, whose features spamca.pp.prepare did not make", lacking)
        if not names:
            msg = "no modality has loadings to map back through; call spamca.pp.prepare(mdata) and integrate again"
            raise KeyError(msg)
    else:
        names = _names("modalities", modalities)
        _checks.check_modality_names("modalities", dict.fromkeys(names), mdata)
        if lacking := [name for name in names if name not in loaded]:
            msg = (
                f"modality {lacking[0]!r} has no loadings of spamca.pp.prepare to map back through (its features came from elsewhere); "
                "call spamca.pp.prepare(mdata) and integrate again, or leave it out of modalities"
            )
            raise KeyError(msg)
    if features is None:
        return dict.fromkeys(names)
    wanted = _names("features", features)
    held = {name: feature_names(mdata[name]) for name in names}
    used = {name: set(held[name][stored_fitted(mdata[name]).used()]) for name in names}
    found = {name: [feature for feature in wanted if feature in used[name]] for name in names}
    missing = set(wanted).difference(*found.values())
    if unknown := sorted(missing.difference(*held.values())):
        msg = f"features names {unknown}, which none of the modalities {names} has"
        raise KeyError(msg)
    if missing:
        numbers = ", ".join(f"{len(used[name])} of {len(held[name])} of {name!r}" for name in names)
        msg = (
            f"features names {sorted(missing)}, which have no loadings: they were not among those that spamca.pp.prepare used "
            f"({numbers}); leave them out, or mark them in var['highly_variable'], call spamca.pp.prepare(mdata), and integrate again"
        )
        raise ValueError(msg)
    return {name: chosen for name, chosen in found.items() if chosen}


def _names(argument: str, value: str | Sequence[str]) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        msg = f"{argument} must be a name or a list of names, got {value!r}"
        raise TypeError(msg)
    return list(dict.fromkeys(names))
