"""``tl.integrate``: fuse the modalities of a tissue into one embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

PROTOTYPES = 10
"""Clusters of the network's head where the caller names no number."""


def integrate(
    mdata: MuData,
    n_clusters: int | None = None,
    *,
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    max_epochs: int | None = None,
    accelerator: str = "auto",
    devices: int | str | list[int] = "auto",
    precision: str | int = "32-true",
    early_stopping: bool = True,
    progress_bar: bool = True,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Fuse the modalities of a tissue into one embedding, with a weight per spot and modality.

    Trains a graph neural network on the whole tissue: each modality is encoded over the spatial graph and over its own
    feature graph, an attention weighs the two views, a second one the modalities; masked spots have to be restored from
    their surroundings, modalities agree spot by spot and cluster by cluster. Runs :func:`spamca.pp.neighbors` first
    where it was not run, and says so.

    Parameters
    ----------
    mdata
        Tissue with one or more modalities measured on the same spots. A spot may lack a modality.
    n_clusters
        Number of domains expected, which :func:`spamca.tl.cluster` then uses as well. None trains with a fixed number
        of prototypes and leaves the number to :func:`spamca.tl.cluster`.
    preset
        ``"default"``, or ``"paper"`` for the published model.
    settings
        Choices that replace those of the preset, by the names of :class:`spamca.nn.Settings`, for example
        ``{"n_latent": 64, "mask_rate": 0.3}``.
    max_epochs
        Largest number of passes over the tissue; None takes the preset's. More cost time in proportion.
    accelerator, devices, precision
        As in :class:`lightning.pytorch.Trainer`. ``"auto"`` takes one CUDA device where there is
        one and else the CPU.
    early_stopping
        Whether to stop before ``max_epochs`` when the loss no longer falls.
    progress_bar
        Whether to show one.
    key_added
        Name of the result, see Returns.
    random_state
        Seed of weights, masks and negatives. The same seed gives the same result bit for bit on the same machine with
        the same number of threads. The global random state is left as it was.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.obsm["X_spamca"]``
        Fused embedding, float32 of shape (n_obs, n_latent).
    ``mdata.obs["<modality>:spamca_weight"]``
        Weight of each modality in each spot, summing to one over the modalities; zero where the spot lacks it.
    ``mdata.uns["spamca"]``
        ``params``, ``history`` (each loss per epoch), ``versions``, ``random_state``.
    ``mdata.uns["neighbors"]``, ``mdata.obsp["connectivities"]``, ``mdata.obsp["distances"]``
        scanpy's neighbours of the embedding, also in each modality, so that :func:`scanpy.tl.umap` can follow; where
        ``"neighbors"`` is taken by another representation, under ``"spamca_neighbors"``.
    ``mdata[modality].obsm["X_spamca"]``, ``.obs["spamca_weight"]``, ``.obsm["spamca_view_weights"]``
        Latent of the modality, its weight, and the weights of its spatial and feature view (a DataFrame).

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``n_clusters`` not an integer.
    ValueError
        If the tissue, ``n_clusters``, ``preset``, ``settings`` or ``key_added`` cannot be used. ``mdata`` is then
        unchanged, as it is when training fails or is interrupted.

    See Also
    --------
    spamca.pp.neighbors : the graphs that the network works on.
    spamca.tl.cluster : domains from the embedding.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> mdata.obsm["X_spamca"].shape
    (200, 32)
    >>> [column for column in mdata.obs if column.endswith("weight")]
    ['rna:spamca_weight', 'protein:spamca_weight']
    """
    from spamca.nn import PRESETS

    _checks.check_mudata(mdata)
    _checks.check_key_added(mdata, key_added)
    _checks.check_choice("preset", preset, PRESETS)
    if n_clusters is not None:
        _checks.check_n_clusters(n_clusters, mdata.n_obs)
    if max_epochs is not None:
        _checks.check_count("max_epochs", max_epochs)
    chosen = PRESETS[preset].changed(**_known(settings or {})).changed(max_epochs=max_epochs)

    with _edge.transaction(mdata, copy=copy) as target:
        _run_neighbors_where_missing(target, random_state)
        from spamca.tl._gather import gather
        from spamca.tl._store import store
        from spamca.train import fit

        if n_clusters is None:
            logger.info("integrate: n_clusters not given, training with %d prototypes", PROTOTYPES)
        tissue = gather(target, scale=chosen.scale_features)
        result = fit(
            tissue,
            min(n_clusters or PROTOTYPES, mdata.n_obs),
            chosen,
            random_state=random_state,
            accelerator=accelerator,
            devices=devices,
            precision=precision,
            early_stopping=early_stopping,
            progress_bar=progress_bar,
        )
        store(target, result, key_added, n_clusters=n_clusters, preset=preset, random_state=random_state)
    return target if copy else None


def _known(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    from spamca.nn import Settings

    for name in settings:
        _checks.check_choice("settings", name, Settings.__dataclass_fields__)
    return settings


def _run_neighbors_where_missing(mdata: MuData, random_state: int) -> None:
    from spamca.pp import neighbors

    joint = _keys.connectivities(_keys.SPATIAL) in mdata.obsp
    own = all(_keys.FEATURE_NEIGHBORS in modality.uns for modality in mdata.mod.values())
    if not (joint and own):
        logger.info("integrate: no graphs found, running spamca.pp.neighbors(mdata)")
        neighbors(mdata, random_state=random_state)
