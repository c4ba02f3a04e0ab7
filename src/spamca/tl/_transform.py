"""``tl.transform``: embedding and domains of new tissue, without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca._threads import limited
from spamca.pp._stored import found_graph, store_spatial
from spamca.tissue import write

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData

    from spamca.model import Model
    from spamca.tissue import Results

FAR = 0.3  # share of spots with a novelty above 1 from which on a tissue is called far; halves of one tissue stay below
STRANGE = 0.75  # how far a domain may have moved, relative to its distance to the nearest one, before that is logged


def transform(
    mdata: MuData,
    model: Model | str | Path | MuData,
    *,
    spatial_key: str | None = None,
    library_key: str | None = "auto",
    adapt: bool = True,
    key: str = _keys.SPAMCA,
    key_added: str = _keys.SPAMCA,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Embed new tissue and find its domains with a trained model, and measure how far it is from the tissue of the training.

    Nothing is trained. Features are prepared with the depth, means, deviations and loadings of the training, and graphs are built in
    the same way. Domains start from those of the training and adapt to the new tissue. A Markov random field adds domains that the
    model does not know, named ``"new 1"``, ``"new 2"``, ...; a mixture, which most real tissue gets
    (``uns["spamca"]["domains"]["hops"]`` with more than one scale), adds none. Domains that were found in an embedding are assigned in
    that of the new tissue.

    Parameters
    ----------
    mdata
        New tissue. It may lack modalities of the model, in all spots or in some, and features, which count as their mean in the
        training. Modalities that the model does not know are left out.
    model
        A :class:`spamca.Model`, the path of a saved one, or tissue after :func:`spamca.tl.integrate` with the same ``key_added``.
    spatial_key
        Name of the coordinates in ``obsm``. None takes that of the training.
    library_key
        Column of ``obs`` with the section of each spot. ``"auto"``: that of the training if the new tissue has it, else one that is found
        as in :func:`spamca.pp.neighbors`. None: it is one section.
    adapt
        Whether domains adapt to the new tissue. With False nothing is new, and spots of a domain that was rare or missing in the
        training get the nearest other one.
    key
        Name of the result in a MuData that is given as ``model``.
    key_added
        Name of the result, see Returns.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed of the approximate search for similar spots in large tissue, where the network has a feature view.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. It has what :func:`spamca.tl.integrate` and :func:`spamca.tl.cluster` write, domains
    with the names and colours of the model and new ones last, and with ``key_added="spamca"``

    ``mdata.obs["spamca_novelty"]``
        How far the spot is from what the training has seen; above 1, further than 99 of 100 spots were there
        (``novelty_quantile``). It is the larger of two numbers, each in units of that quantile in the training: the squared Mahalanobis distance from the nearest domain and, for
        features that the model prepares, what the spot shares with its neighbours beyond them.
    ``mdata.uns["spamca"]["transform"]``
        ``share_beyond`` (share of spots with novelty above 1, a few per cent in the training), ``median_novelty``,
        ``n_new_domains``, ``moved`` (by domain of the model, how far its features moved, relative to its distance from the nearest
        domain), and if any ``missing_features`` and ``absent_modalities``.

    The spatial graph is written as :func:`spamca.pp.neighbors` writes it, unless the tissue has one.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``model`` holds no model.
    KeyError
        If coordinates, sections, features that the user brings, or a graph that the user brought in the training are missing.
    ValueError
        If the file is no model, or the tissue does not fit it: no modality in common, more than half of the features of one
        missing, or another scale (logarithms for counts). ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.Model : a trained model, in one file.

    Notes
    -----
    A new domain must gain half as much again as one more domain would have gained in the training, measured by how well neighbours
    predict each other's features. If the new tissue lacks a domain of the model, a similar new one may take its name; its ``moved`` is
    then large. If ``share_beyond`` is large, the components describe the new tissue badly: train on it instead. Batch effects between the
    new tissue and that of the training stay; to remove them, train on both with a ``library_key`` in :func:`spamca.pp.neighbors`.

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
    _checks.check_name("key", key)
    known = _model(model, key)
    in_training = known.header["graphs"]["spatial"]
    spatial_key = str(in_training.get("spatial_key", _keys.SPATIAL)) if spatial_key is None else spatial_key
    with limited(n_jobs):
        new = read_new(mdata, known, spatial_key, library_key, seed)
        results = apply(known, new.tissue, new.unexplained, adapt=adapt, random_state=seed)
    results.record["transform"] |= new.lacks
    if known.readout is not None:
        results.record["cluster"]["use_rep"] = _keys.embedding(key_added)
    with _edge.transaction(mdata, copy=copy) as target:
        if found_graph(target, _keys.SPATIAL) is None:
            store_spatial(target, new.spatial, new.coords, spatial_key)
        for name, which in new.measured.items():
            _edge.write_measured(target[name], which)
        write(target, results, key_added, "transform")
    _log(results, known.domain_settings.novelty_quantile)
    return target if copy else None


def _model(given: Any, key: str) -> Model:
    from mudata import MuData

    from spamca.model import Model

    if isinstance(given, Model):
        return given
    if isinstance(given, (str, Path)):
        return Model.load(given)
    if isinstance(given, MuData):
        return Model.from_mudata(given, key)
    msg = (
        f"model must be a spamca.Model, the path of one, or an integrated and clustered MuData, got {type(given).__name__}; "
        "call spamca.Model.load(path) or spamca.Model.from_mudata(mdata)"
    )
    raise TypeError(msg)


def _log(results: Results, usual: float) -> None:
    summary = results.record["transform"]
    if n_new := summary["n_new_domains"]:
        names = ", ".join(map(repr, (results.domain_names or ())[-n_new:]))
        logger.info("transform: %d domains that the model does not know: %s", n_new, names)
    for name, share in summary.get("moved", {}).items():
        if share > STRANGE:
            moved = "has moved by %.2f of its distance to the nearest domain; it may be another one"
            logger.info(f"transform: domain %r {moved}", name, share)
    share = summary.get("share_beyond")
    if share is None:
        logger.info("transform: the model does not know what is usual in its tissue, so novelty is not known")
        return
    beyond = f"{100 * share:.1f} % of the spots are further from what the training has seen than {100 * usual:g} % were there"
    if share > FAR:
        far = "this tissue is far from that of the training: %s; domains may not carry over"
        logger.warning(f"transform: {far}", beyond)
    else:
        logger.info("transform: %s", beyond)
