"""``pp.prepare``: features of each modality by kind of omics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge
from spamca._group import together
from spamca._logging import logger
from spamca.features import KINDS
from spamca.pp._feature_graphs import forget_feature_graph, is_stale
from spamca.pp._modality import EMPTY_ROWS
from spamca.pp._shards import check_shards, prepare_modalities

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData


def prepare(
    mdata: MuData,
    *,
    kinds: Mapping[str, str] | None = None,
    n_comps: int = 30,
    n_top_genes: int | None = None,
    empty_rows: str = "missing",
    sharded: bool = False,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Reduce each modality to a few features, in the way of its kind of omics.

    ================ ===============================================================================================
    kind             steps
    ================ ===============================================================================================
    ``"rna"``        normalise to the median depth, :math:`\log(1 + x)`, highly variable genes, scale, PCA, as in scanpy
    ``"protein"``    centred log ratio within each spot, as in muon, scale, PCA
    ``"atac"``       TF-IDF (muon), latent semantic indexing without its first component where that is depth; so are counts of
                     ``"histone"`` marks
    ``"metabolite"`` total ion current, :math:`\log(1 + x / \ell)` with :math:`\ell` what is just found of an ion, scale, PCA
    ``"generic"``    scale, PCA; so are features of an ``"image"``
    ================ ===============================================================================================

    The kind is read off the name of the modality (``"rna"``, ``"gex"``, ``"adt"``, ``"protein"``, ``"atac"``, ``"peaks"``,
    ``"H3K27ac"``, ``"metabolites"``, ``"image"``, ...) unless ``var["feature_types"]`` differs, else it is ``"generic"``.
    Fractions with negative values are reduced features and ``"generic"`` under any name; whole numbers with negative ones
    among them are corrupted counts, and an error. ``layers["counts"]`` is used where ``X`` holds no counts. Logs the steps
    at level INFO of the logger ``"spamca"``.

    Counts need not fit memory: matrices backed by a file (``mudata.read_h5mu(path, backed="r")``) and dask arrays (from
    :func:`anndata.experimental.read_elem_lazy`, or :func:`anndata.experimental.read_lazy` with ``obs`` and ``var`` in
    memory) are read in blocks of rows, and nothing is written to the file. Up to 4,000 chosen features are read about seven
    times, more of them ten to forty times. Results are those of the same matrix in memory but for rounding.

    Parameters
    ----------
    mdata
        Tissue with raw counts, or other features, in ``X`` of each modality.
    kinds
        Kind of some or all modalities, by their name, in place of what is read off.
    n_comps
        Number of components. More keep finer differences and more noise. At most one less than there are features or
        spots.
    n_top_genes
        Number of highly variable genes kept in modalities of kind ``"rna"``. None takes the features that
        ``var["highly_variable"]`` marks where a modality of any kind has that column, else 3,000 genes.
    empty_rows
        What a row of a modality is that holds nothing. Tables are often joined by zeros or NaN for spots that were not measured:
        rows of zeros, of NaN, of one number that is no whole number, or a row of fractions that many spots share.
        ``"missing"``: the spot lacks the modality, is left out of its preparation, and its domain comes from the other modalities and
        its surroundings. ``"keep"``: they are values like others; NaN is an error then.
    sharded
        Whether this process holds only a part of the tissue, and others that ``torchrun`` started hold the rest.
        The preparation is the same in all of them then.
        See :doc:`/how-to/shards`. In a single process it changes nothing.
    random_state
        Seed of the iterative decomposition of wide matrices.
    copy
        Whether to return a changed copy instead of changing ``mdata``, which must not be backed by a file then.

    Returns
    -------
    The changed copy if ``copy`` is set, else None. ``X`` and the layers stay as they were; written to each modality are

    ``obsm["X_pca"]`` or ``obsm["X_lsi"]``
        Features, float32 of shape (n_spots, n_comps), zero where a spot was not measured.
    ``varm["PCs"]`` or ``varm["LSI"]``
        Loadings, float32 of shape (n_features, n_comps), zero for features not used.
    ``var["spamca_used"]``
        Features used.
    ``obs["spamca_measured"]``
        Whether the spot was measured; only where some were not.
    ``uns["pca"]`` or ``uns["lsi"]``
        Variance of the components, as scanpy and muon keep it.
    ``uns["spamca"]``
        Kind, name of the features, and steps.

    Where scanpy's names hold components that were computed otherwise, these stay, and the new ones are ``obsm["X_spamca_pca"]``,
    ``varm["spamca_PCs"]`` and ``uns["spamca_pca"]`` (of ATAC, ``lsi`` and ``LSI``).

    Controls of the assay are left out, of which :mod:`spamca.io` knows those of common platforms: features that
    ``var["control"]`` or ``var["isotype_control"]`` flags, or that ``var["feature_types"]`` or their names show to be controls.
    ``var["control"] = False`` keeps them. Feature graphs that :func:`spamca.pp.neighbors` built on other features are removed.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, features are not finite, no feature varies, counts are negative,
        or a matrix that is not in memory is stored by columns.
    KeyError
        If ``kinds`` names a modality that does not exist.
    RuntimeError
        With ``sharded``, if another process fails.

    See Also
    --------
    spamca.pp.neighbors : runs this where a modality has no features.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> spamca.pp.prepare(mdata, n_comps=10)
    >>> mdata["rna"].obsm["X_pca"].shape
    (100, 10)
    >>> mdata["protein"].uns["spamca"]["kind"]
    'protein'
    """
    _checks.check_flag("sharded", sharded)
    with together(sharded=sharded) as group:
        _checks.check_mudata(mdata, copy=copy)
        _checks.check_count("n_comps", n_comps, least=1)
        if n_top_genes is not None:
            _checks.check_count("n_top_genes", n_top_genes, least=1)
        _checks.check_choice("empty_rows", empty_rows, EMPTY_ROWS)
        random_state = _checks.check_seed(random_state)
        _checks.check_modality_records(mdata)
        kinds = {} if kinds is None else kinds
        _checks.check_modality_names("kinds", kinds, mdata)
        for name, kind in kinds.items():
            _checks.check_choice(f"kinds[{name!r}]", kind, KINDS)

        options: dict[str, Any] = {"n_components": n_comps, "random_state": random_state}
        same = {"kinds": dict(kinds), "n_top_genes": n_top_genes, "empty_rows": empty_rows, **options}
        check_shards(mdata, group, same)
        options |= {"n_top_genes": n_top_genes, "empty": empty_rows}
        prepared = prepare_modalities(mdata, mdata.mod, kinds, group, **options)
        stale = [name for name, done in prepared.items() if is_stale(mdata[name], done.key, done.values)]
        with _edge.transaction(mdata, copy=copy) as target:
            for name, done in prepared.items():
                if name in stale:
                    forget_feature_graph(target[name])
                done.store(target[name])
            group.wait()
        for name, done in prepared.items():
            logger.info("prepare: %r %s", name, done.how)
        if stale:
            removed = "removed the feature graphs of %s, built on other features; call spamca.pp.neighbors(mdata)"
            logger.info(f"prepare: {removed}", stale)
    return target if copy else None
