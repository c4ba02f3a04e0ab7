"""``tl.transform``: embedding and domains of new tissue, without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.pp._existing import found_graph
from spamca.pp._store_graph import store_spatial
from spamca.tissue import write

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.model import Model
    from spamca.tissue import Results

FAR = 0.3
"""Share of spots with a novelty above 1 from which on a tissue is called far: other halves of one tissue stay below, the more so the
larger it is, and halves in which domains are new lie far above."""

STRANGE = 0.75
"""How far a domain may have moved, as a share of what lies between it and its nearest, before that is told."""


def transform(
    mdata: MuData,
    model: Model | str | Path | MuData,
    *,
    spatial_key: str | None = None,
    library_key: str | None = None,
    adapt: bool = True,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Embedding and domains of new tissue from a trained model, and how far it is from the tissue of the training.

    Nothing is trained. Features are prepared with the numbers that the training's tissue gave (depth, means, deviations,
    loadings), graphs are built in the same way, and the network is as it was left. Domains follow the new tissue, held by what they were in the training.
    What it shows beyond the domains of a Markov random field becomes domains of its own, named ``"new 1"``,
    ``"new 2"``, ...; a mixture, as real tissue mostly has it (``uns["spamca"]["domains"]["hops"]`` of more than one scale), gets no new
    domains. Domains that were read from an embedding are read from that of the new tissue.

    Parameters
    ----------
    mdata
        New tissue. It may lack modalities of the model, as a whole or in some spots; those that the model does not know are
        passed over. Features that it lacks count as their mean in the training.
    model
        A :class:`spamca.Model`, the path of one that was saved, or tissue after :func:`spamca.tl.integrate`
        with the same ``key_added``.
    spatial_key
        Name of the coordinates in ``obsm``; None takes that of the training.
    library_key
        Column of ``obs`` with the section of each spot; None takes that of the training where the tissue has it.
    adapt
        Whether domains may follow the new tissue. False takes them as they were left: nothing is new, and spots
        of a domain that the training did not see, or saw little of, get the domain that comes nearest.
    key_added
        Name of the result, see Returns.
    random_state
        Seed of the approximate search for similar spots in large tissue.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. It has what :func:`spamca.tl.integrate` and :func:`spamca.tl.cluster` write, domains
    with the names and colours that they have in the model and new ones last, and with ``key_added="spamca"``

    ``mdata.obs["spamca_novelty"]``
        How far the spot is from what the training has seen. The larger of two, each in units of its 99 % quantile there: the
        squared Mahalanobis distance from the nearest domain, in the components that domains are found in; and, for features that the model
        prepares, what the spot shares with its neighbours beyond these features. Above 1, a spot is further out than 99 of
        100 were in the training.
    ``mdata.uns["spamca"]["transform"]``
        ``share_beyond``, the share of spots whose novelty is above 1 (a few hundredths in the training), ``median_novelty``,
        ``n_new_domains``, ``moved`` (by
        domain of the model, how far its features are from what they were, as a share of what lies between it and its nearest), and
        ``missing_features`` and ``absent_modalities`` where there are such.

    The spatial graph is written as :func:`spamca.pp.neighbors` writes it, unless the tissue has one.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``model`` nothing that holds a model.
    KeyError
        If coordinates, sections, features that the user brings, or a graph that the user brought in the training are missing.
    ValueError
        If the file is no model, or the tissue does not fit the model: no modality in common, more than half of the features of
        one missing, counts where the training saw logarithms. ``mdata`` is then unchanged.

    See Also
    --------
    spamca.Model : what a training leaves, in one file.

    Notes
    -----
    A domain that is new is separated from those of the model by what neighbours predict of each other's features, against what a domain costs;
    it has to gain half as much again as one more domain would have gained in the training, whose number was chosen without it. Where the
    new tissue lacks a domain of the model, one that is new and like it may take its name: it has then ``moved`` far. Where
    ``share_beyond`` is large, these components say little of the new tissue, and training on it will tell more. A batch
    effect between the new tissue and that of the training is not taken out; to take it out, train on both together, with a
    ``library_key`` given to :func:`spamca.pp.neighbors`.

    Examples
    --------
    >>> import spamca
    >>> tissue = spamca.datasets.simulated(n_spots=400, n_sections=2, batch_effect=0)
    >>> trained, mdata = (tissue[tissue.obs["section"] == f"section {i}"].copy() for i in (1, 2))
    >>> spamca.tl.integrate(trained, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.tl.transform(mdata, trained)
    >>> list(mdata.obs["spamca"].cat.categories)
    ['0', '1', '2', '3', '4']
    >>> mdata.obs["spamca_novelty"].shape
    (200,)
    """
    from spamca.model.apply import apply
    from spamca.tl._new_tissue import read_new

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added, embedding=True)
    _checks.check_size(mdata, "to be transformed")
    _checks.check_flag("adapt", adapt)
    seed = _checks.check_seed(random_state)
    known = _model(model, key_added)
    in_training = known.header["graphs"]["spatial"]
    spatial_key = str(in_training.get("spatial_key", _keys.SPATIAL)) if spatial_key is None else spatial_key
    library_key = _library_key(mdata, in_training.get("library_key")) if library_key is None else library_key
    new = read_new(mdata, known, spatial_key, library_key, seed)
    results = apply(known, new.tissue, new.unexplained, adapt=adapt, random_state=seed)
    lacks = {"missing_features": new.missing, "absent_modalities": new.absent}
    results.record["transform"] |= {name: found for name, found in lacks.items() if found}
    with _edge.transaction(mdata, copy=copy) as target:
        if found_graph(target, _keys.SPATIAL) is None:
            store_spatial(target, new.spatial, new.coords, spatial_key)
        write(target, results, key_added, "transform")
    _log(results)
    return target if copy else None


def _model(given: Any, key_added: str) -> Model:
    from mudata import MuData

    from spamca.model import Model

    if isinstance(given, Model):
        return given
    if isinstance(given, (str, Path)):
        return Model.load(given)
    if isinstance(given, MuData):
        return Model.from_mudata(given, key_added)
    msg = (
        f"model must be a spamca.Model, the path of one, or an integrated and clustered MuData, got {type(given).__name__}; "
        "call spamca.Model.load(path) or spamca.Model.from_mudata(mdata)"
    )
    raise TypeError(msg)


def _library_key(mdata: MuData, known: str | None) -> str | None:
    """Column of the sections of the training, where the tissue has it."""
    if known is not None and not any(known in holder.obs for holder in (mdata, *mdata.mod.values())):
        logger.info("transform: no column %r in obs; the tissue is taken as one section", known)
        return None
    return known


def _log(results: Results) -> None:
    summary = results.record["transform"]
    if n_new := summary["n_new_domains"]:
        names = ", ".join(map(repr, results.domain_names[-n_new:]))
        logger.info("transform: %d domains that the model does not know: %s", n_new, names)
    for name, share in summary.get("moved", {}).items():
        if share > STRANGE:
            moved = "has moved by %.2f of what lies between it and its nearest; it may be another one"
            logger.info(f"transform: domain %r {moved}", name, share)
    share = summary.get("share_beyond")
    if share is None:
        logger.info(
            "transform: what is usual in the tissue of the training is not known, and so neither is the novelty of this one"
        )
        return
    beyond = f"{100 * share:.1f} % of the spots are further from what the training has seen than 99 % were there"
    if share > FAR:
        logger.warning(
            "transform: this tissue is far from that of the training: %s; domains may not carry over", beyond
        )
    else:
        logger.info("transform: %s", beyond)
