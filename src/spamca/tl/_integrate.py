"""``tl.integrate``: domains of a tissue, and one embedding of all its modalities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._group import together
from spamca._progress import Progress
from spamca._threads import limited
from spamca.tissue import graph_records, usual_unexplained, write
from spamca.tl._ready import log_small_weights, ready
from spamca.tl._shards import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from mudata import MuData


def integrate(
    mdata: MuData,
    n_clusters: int | None = None,
    *,
    n_clusters_range: tuple[int, int] | None = None,
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    modality_trust: Mapping[str, float] | None = None,
    batch_correction: bool = True,
    batch_key: str | Sequence[str] | None = None,
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
    sharded: bool = False,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Find the spatial domains of a tissue, and fuse its modalities into one embedding.

    Domains are found in the features and their surroundings at several spatial scales (:func:`spamca.domains.find_domains`). Each modality
    counts as much as it says about them. A graph network gives an embedding that does not depend on the domains. By default its weights
    are computed in closed form (:func:`spamca.nn.start`) and not trained further; ``max_epochs``, ``n_steps`` of the
    ``settings``, or ``preset="paper"`` train it. Runs :func:`spamca.pp.neighbors` first, and logs that, if it was not run.

    Parameters
    ----------
    mdata
        Tissue with one or more modalities measured on the same spots. A spot may lack a modality.
    n_clusters
        Number of domains. None estimates it as :func:`spamca.tl.estimate_n_clusters` explains. 1 takes the tissue as one domain.
        :func:`spamca.tl.cluster` gives another number without training again. With ``preset="paper"``, the number of clusters of
        the network's head: None takes 10.
    n_clusters_range
        Smallest and largest number to try if the number is estimated. Time grows with the range. None: from 2 to 15, in small tissue to
        one domain per 60 spots. A warning says when the estimate is the largest number tried.
    preset
        ``"default"``, or ``"paper"`` for the published model.
    settings
        Values that replace those of the preset, by the names in :class:`spamca.nn.Settings` for the network and in
        :class:`spamca.domains.DomainSettings` for the search for domains, for example ``{"n_latent": 64, "scales": (1, 2)}``.
    modality_trust
        Weight of a modality in the search for domains, from 0 to 1, by name. It replaces the estimated weight.
    batch_correction
        Whether to remove batch effects between sections, those of the ``library_key`` of :func:`spamca.pp.neighbors`. They scale and
        shift the features of a section in all its domains. They are estimated together with the domains, so sections may differ in
        how much of each domain they hold, and may lack a modality. Sections with hardly a domain in common look like batches: use False.
    batch_key
        Column of ``obs`` with technical groups of sections, such as the slide or the day, or several columns, each combination of
        which is a group: only differences between groups are removed, and those between sections of one group stay. None: each
        section is a group. A section lies in one group.
    max_epochs
        Largest number of passes over the tissue. None takes what the steps of the preset need. Time grows in proportion.
    batch_size
        Spots per training step. None takes the whole tissue up to 40,000 spots, and 16,384 above. Smaller steps need less memory and
        change a little what the network learns, but not how it embeds a spot.
    accelerator
        ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``: CUDA if there is a device, else the CPU.
    devices
        How many devices, or which: ``"auto"`` or 1 takes the first, ``[2]`` the third, 2 the first two. Several share each step.
    strategy
        How Lightning runs several devices: ``"ddp"`` starts the whole script once per device; ``"ddp_spawn"`` starts processes for
        the training only, and needs the calls of the script under ``if __name__ == "__main__":``; ``"ddp_notebook"`` does so in a
        notebook in which nothing has used CUDA. ``"auto"`` takes ``"ddp_notebook"`` in a notebook, else ``"ddp"``.
    precision
        ``"32-true"``, or ``"16-mixed"`` or ``"bf16-mixed"``, which save memory on CUDA and may cost accuracy.
    early_stopping
        Whether to stop before ``max_epochs`` when the loss no longer falls. None takes the value of the preset.
    checkpoint
        File for the state of a long training, written twice a minute. If it exists, the same call with the same data continues from
        it. It is deleted at the end.
    progress_bar
        Whether to show a progress bar: features and graphs, each number of domains that is tried, domains, embedding. A training has
        another one.
    key_added
        Name of the result, see Returns.
    sharded
        Whether this process holds only a part of the tissue, and others that ``torchrun`` started hold the rest.
        See :doc:`/how-to/shards`. In a single process it changes nothing. Domains and network are found on up to 200,000 spots of all
        processes, the same for all of them, and each gets the results of its own spots. The first process trains, by itself: leave
        ``devices`` and ``strategy`` out.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed of everything random: an integer, a RandomState or Generator of NumPy that gives it, or None for a new one at each
        call. On the CPU the same seed gives the same result bit for bit on the same machine with the same number of threads.
        Elsewhere sums have other last digits, and a search may settle in another partition of about the same quality. The
        global random state does not change.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.obs["spamca"]``
        Domain of each spot: categories ``"0"``, ``"1"``, ... by falling size.
    ``mdata.obs["spamca_confidence"]``, ``mdata.obsm["spamca_posterior"]``
        Probability of that domain, and of every domain (a DataFrame): the mean over models, four of which start from half of the spots.
    ``mdata.obsm["X_spamca"]``
        Fused embedding, float32 of shape (n_obs, n_latent). It does not depend on the domains or their number. For a UMAP,
        ``sc.pp.neighbors(mdata, use_rep="X_spamca")`` and ``sc.tl.umap(mdata)``; neighbours of an earlier embedding of this name are removed.
    ``mdata.obs["<modality>:spamca_weight"]``
        Share of each modality in what all of them say about the domain of a spot. Shares sum to one; zero where the spot lacks it.
    ``mdata.uns["spamca"]``
        ``params`` (settings, arguments, number of threads), ``history`` (each loss per step), ``domains`` (how clear the domains are;
        ``weights``, the power of the likelihood of each modality, and ``inflation``, how many times its evidence would be counted if spots
        were independent), ``cluster`` (number of domains and its origin), ``network`` (weights), ``modalities`` and ``scale`` (their order,
        and the divisor of their features), ``versions``, ``random_state``; with ``sharded``, ``shards`` (numbers of processes, of all spots,
        and of those that were looked at together).
    ``mdata.uns["spamca_n_clusters"]``
        If the number was estimated: what :func:`spamca.tl.estimate_n_clusters` writes, for :func:`spamca.pl.n_clusters`.
    ``mdata.uns["spamca_colors"]``
        One colour per domain. Colours that are there stay if their number fits.
    ``mdata[modality].obs["spamca"]``, ``.obs["spamca_weight"]``, ``.obsm["X_spamca"]``, ``.obsm["spamca_view_weights"]``
        Domains and weight again, latent of the modality, and weights of its views (a DataFrame).
    ``mdata[modality].obsm["X_spamca_corrected"]``
        Features without batch effects, if these were removed.

    With ``preset="paper"`` no domains are written: call :func:`spamca.tl.cluster`.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or an argument has the wrong type.
    KeyError
        If ``modality_trust`` names a modality, or ``batch_key`` a column, that does not exist.
    ValueError
        If the tissue or an argument cannot be used, some modalities have features and others not, or the checkpoint is of another training.
    FloatingPointError
        If training diverges.
    RuntimeError
        If processes would be forked after CUDA was used, or with ``sharded`` another process fails. ``mdata`` is unchanged after an error or an interruption.

    See Also
    --------
    spamca.pp.neighbors : the graphs that domains and network need.
    spamca.tl.cluster : another number of domains.
    spamca.metrics.mixing : how well sections mix in the embedding.

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
    asked = locals()
    from spamca.graph.neighbors import without_gpu
    from spamca.model.shards import fit_shards
    from spamca.tl._plan import planned

    _checks.check_flag("sharded", sharded)
    with together(sharded=sharded) as group:
        plan = planned(**asked, group=group)
        with (
            limited(n_jobs),
            without_gpu(wanted=plan.without_gpu),
            _edge.transaction(mdata, copy=copy) as target,
            Progress(plan.n_parts, "integrate", shown=progress_bar) as progress,
        ):
            progress.begin("features and graphs")
            tissue = ready(target, plan.seed, "integrate", position=True, group=group, **plan.needs)
            place = place_of(target, group)
            given = plan.settings, n_clusters, plan.search
            results = fit_shards(group, tissue, place, *given, progress=progress, **plan.options)
            results.record["params"] |= plan.arguments
            results.record["graphs"] = graph_records(target)
            results.record["unexplained"] = usual_unexplained(target, tissue, plan.search.novelty_quantile, group)
            write(target, results, key_added, "integrate")
            group.wait()
            if "domains" in results.record and group.rank == 0:
                log_small_weights(results.record["domains"], modality_trust or {})
            progress.step()
    if checkpoint is not None and plan.settings.max_epochs != 0:
        from lightning.pytorch.utilities import rank_zero_only

        # only now, when all is stored: until then a failed call can continue
        rank_zero_only(Path(checkpoint).unlink)(missing_ok=True)
    return target if copy else None
