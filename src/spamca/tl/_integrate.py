"""``tl.integrate``: domains of a tissue, and one embedding of all its modalities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

PROTOTYPES = 10
"""Clusters of the network's head where the caller names no number, or domains are not found by the network."""


def integrate(
    mdata: MuData,
    n_clusters: int | None = None,
    *,
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    modality_trust: Mapping[str, float] | None = None,
    batch_correction: bool = True,
    max_epochs: int | None = None,
    batch_size: int | None = None,
    accelerator: str = "auto",
    devices: int | str | list[int] = "auto",
    strategy: str = "auto",
    precision: str = "32-true",
    early_stopping: bool | None = None,
    checkpoint: str | Path | None = None,
    progress_bar: bool = True,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Find the spatial domains of a tissue, and fuse its modalities into one embedding.

    Domains are those that mixtures of the features at several spatial scales agree on, each modality weighed by what it is worth
    (:func:`spamca.guide.guide`). Beside them a graph network gives an embedding that knows nothing of the domains: each modality
    is encoded over the spatial graph at several scales. At the defaults its weights are solved for in closed form
    (:func:`spamca.nn.start`) and not trained further; ``max_epochs``, ``settings`` or ``preset="paper"`` train it.
    Runs :func:`spamca.pp.neighbors` first where it was not run, and logs that.

    Parameters
    ----------
    mdata
        Tissue with one or more modalities measured on the same spots. A spot may lack a modality.
    n_clusters
        Number of domains. None estimates it, between 2 and 15, as :func:`spamca.tl.estimate_n_clusters` does (which gives details, and
        takes another range). :func:`spamca.tl.cluster` gives any other number without training again. With ``preset="paper"`` it is
        the number of clusters of the network's head, ten if None.
    preset
        ``"default"``, or ``"paper"`` for the published model.
    settings
        Choices that replace those of the preset, by the names of :class:`spamca.nn.Settings`, for example
        ``{"n_latent": 64, "mask_rate": 0.3}``.
    modality_trust
        What a modality counts for where domains are sought, from 0 to 1, by name, in place of what is measured.
    batch_correction
        Whether batch effects are taken out where the tissue has several sections, those of the ``library_key`` that
        :func:`spamca.pp.neighbors` was given: what scales and shifts the features of a section, whatever the domain. It is
        estimated together with the domains, so that sections may hold other shares of them, or lack a modality. Sections that
        have hardly a domain in common cannot be told from batches; False leaves the features as they are.
    max_epochs
        Largest number of passes over the tissue; None takes as many as the steps of the preset need. More cost time in
        proportion.
    batch_size
        Spots of one step, from several places of the tissue. None takes the whole tissue up to 40,000 spots, and 16,384 of
        larger tissue. Smaller ones need less memory; what the network gives for a spot does not depend on it, but what it
        learns does a little.
    accelerator
        ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``: CUDA where there is a device and else the CPU.
    devices
        How many devices, or which: ``"auto"`` or 1 takes the first, ``[2]`` the third, 2 the first two. Several share each
        step between them.
    strategy
        How several devices are run, as Lightning calls it: ``"ddp"`` starts the running script once more for each of them, so
        that all of it runs in each; ``"ddp_spawn"`` starts processes for the training only, from a script whose calls stand
        under ``if __name__ == "__main__":``; ``"ddp_notebook"`` does so from a notebook, as long as nothing has used CUDA in it.
        ``"auto"`` takes ``"ddp_notebook"`` in a notebook and ``"ddp"`` elsewhere.
    precision
        ``"32-true"``, or ``"16-mixed"`` or ``"bf16-mixed"``, which save memory on CUDA and may cost accuracy.
    early_stopping
        Whether to stop before ``max_epochs`` when the loss no longer falls; None takes the preset's.
    checkpoint
        File that the state of a long training is written to twice a minute. Where it is there, an interrupted call with the
        same data and arguments goes on from it; at the end it is taken away.
    progress_bar
        Whether to show one.
    key_added
        Name of the result, see Returns.
    random_state
        Seed of the starts and samples that domains are found from, of weights, masks and negatives, and of
        :func:`spamca.pp.neighbors` where that has to be run. On the CPU the same seed gives the same result bit for bit on the same
        machine with the same number of threads; on a GPU sums may be taken in another order. The global random state is left as it was.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.obs["spamca"]``
        Domain of each spot: ordered categories ``"0"``, ``"1"``, ... by falling size.
    ``mdata.obs["spamca_confidence"]``, ``mdata.obsm["spamca_posterior"]``
        Probability of that domain, and of every domain (a DataFrame): the mean over models of which four start from halves of the spots.
    ``mdata.obsm["X_spamca"]``
        Fused embedding, float32 of shape (n_obs, n_latent). It does not depend on the domains or their number.
    ``mdata.obs["<modality>:spamca_weight"]``
        Share of each modality in what all of them tell about the domain of a spot, summing to one over the modalities; zero where
        the spot lacks it.
    ``mdata.uns["spamca"]``
        ``params`` (settings and arguments, number of threads), ``history`` (each loss per step), ``domains`` (how clear the domains
        are; ``worth``, what each modality counts for, and ``inflation``, how many times its evidence would be counted if spots were
        independent), ``cluster`` (their number and where it is from), ``network`` (weights), ``modalities`` and ``scale`` (their order,
        and what their features were divided by), ``versions``, ``random_state``.
    ``mdata.uns["spamca_colors"]``
        One colour per domain; colours that are there stay if their number fits.
    ``mdata.uns["neighbors"]``, ``mdata.obsp["connectivities"]``, ``mdata.obsp["distances"]``
        scanpy's neighbours of the embedding, also in each modality, so that :func:`scanpy.tl.umap` can follow; where
        ``"neighbors"`` is taken by another representation, under ``"spamca_neighbors"``.
    ``mdata[modality].obsm["X_spamca_corrected"]``
        Where batch effects of several sections were taken out: features without them.
    ``mdata[modality].obs["spamca"]``, ``.obs["spamca_weight"]``, ``.obsm["X_spamca"]``, ``.obsm["spamca_view_weights"]``
        Domains and weight again, latent of the modality, and the weights of its views (a DataFrame).

    With ``preset="paper"`` no domains are written: call :func:`spamca.tl.cluster`.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or an argument not of the kind that it should be.
    ValueError
        If the tissue or an argument cannot be used, some graphs are there and others are not, or the checkpoint is of
        another training.
    FloatingPointError
        If training diverges.
    RuntimeError
        If processes are to be forked after CUDA was used.

    ``mdata`` is unchanged after an error, and when training is interrupted.

    See Also
    --------
    spamca.pp.neighbors : the graphs that the network works on.
    spamca.tl.cluster : another number of domains.
    spamca.metrics.mixing : how far sections are mixed in it.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> list(mdata.obs["spamca"].cat.categories)
    ['0', '1', '2', '3', '4']
    >>> mdata.obsm["X_spamca"].shape
    (200, 60)
    >>> [column for column in mdata.obs if column.endswith("weight")]
    ['rna:spamca_weight', 'protein:spamca_weight']
    """
    import numpy as np
    from lightning.pytorch.utilities.rank_zero import rank_zero_only

    from spamca.graph.neighbors import without_gpu
    from spamca.nn import PRESETS
    from spamca.tl._estimate_n_clusters import default_range, find_number
    from spamca.tl._field import find_emissions
    from spamca.tl._gather import gather, positions, root_mean_squares
    from spamca.tl._guide import check_trust, find_domains
    from spamca.tl._sections import correct, sections_of, store_corrected
    from spamca.tl._store import store
    from spamca.tl._store_domains import store_found
    from spamca.tl._where_missing import run_neighbors_where_missing
    from spamca.train import fit
    from spamca.train.runtime import forks

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added, embedding=True)
    _checks.check_choice("preset", preset, PRESETS)
    seed = _checks.check_seed(random_state)
    _checks.check_size(mdata, "to be integrated")
    _checks.check_devices(accelerator, devices, strategy, precision, batch_size)
    _checks.check_checkpoint(checkpoint)
    _checks.check_flag("batch_correction", batch_correction)
    check_trust(mdata, modality_trust)
    if n_clusters is not None:
        _checks.check_n_clusters(n_clusters, mdata.n_obs)
    chosen = (
        PRESETS[preset]
        .changed(**_checks.known_settings(settings))
        .changed(max_epochs=max_epochs, early_stopping=early_stopping)
    )
    finds_domains = preset != "paper"
    if not finds_domains and modality_trust is not None:
        msg = f"modality_trust={modality_trust!r} is for domains, which preset='paper' does not find; leave it out"
        raise ValueError(msg)

    no_gpu = accelerator == "cpu" or forks(strategy, devices)
    with without_gpu(wanted=no_gpu), _edge.transaction(mdata, copy=copy) as target:
        alike = "feature" in chosen.views
        run_neighbors_where_missing(target, seed, "integrate", feature_graphs=alike)
        sections = sections_of(target, "integrate") if batch_correction and finds_domains else None
        n_domains, origin = n_clusters, "argument"
        if n_clusters is None and finds_domains:
            number = {"random_state": seed, "sections": sections, "caller": "integrate"}
            n_domains, origin = (
                find_number(target, default_range(mdata.n_obs), modality_trust, **number).n_domains,
                "estimate",
            )
        elif n_clusters is None:
            logger.info("integrate: n_clusters not given, training the cluster head with %d", PROTOTYPES)
        device = {"accelerator": accelerator, "devices": devices, "strategy": strategy, "precision": precision}
        given = {
            "n_clusters": n_domains,
            "n_clusters_given": n_clusters is not None,
            "preset": preset,
            **({} if batch_size is None else {"batch_size": batch_size}),
            **({} if modality_trust is None else {"modality_trust": dict(modality_trust)}),
            **device,
        }
        found = corrected = None
        if finds_domains:
            found = find_domains(target, n_domains, modality_trust, sections=sections, random_state=seed)
        if sections is not None:
            given["batch_correction"] = True
            corrected = correct(target, found, sections, random_state=seed)
        scale = root_mean_squares(target, corrected) if chosen.scale_features else dict.fromkeys(target.mod, 1.0)
        trust = None
        if found is not None and chosen.fusion == "sum" and found.worth.any():
            trust = np.sqrt(found.worth).tolist()
        result = fit(
            gather(target, scale, corrected, feature_graphs=alike),
            min(PROTOTYPES if finds_domains else n_domains or PROTOTYPES, mdata.n_obs),
            chosen,
            trust=trust,
            position=positions(target),
            batch_size=batch_size,
            random_state=seed,
            checkpoint=checkpoint,
            progress_bar=progress_bar,
            **device,
        )
        emissions = find_emissions(target, found, corrected)
        store(target, result, key_added, seed, given, scale=scale, emissions=emissions)
        store_corrected(target, corrected, key_added)
        if found is not None:
            store_found(target, found, key_added, n_clusters=n_domains, origin=origin, random_state=seed)
    if checkpoint is not None and chosen.max_epochs != 0 and rank_zero_only.rank == 0:
        Path(checkpoint).unlink(missing_ok=True)  # not before all is stored: what fails until then can be gone on from
    return target if copy else None
