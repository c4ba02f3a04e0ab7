"""``tl.describe``: what each domain is like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _checks, _edge, _keys
from spamca.tl._columns import adjacency_of, domains_of, parts_of, sections_of

if TYPE_CHECKING:
    from mudata import MuData


def describe(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    composition: str | None = None,
    library_key: str | None = None,
    spatial_key: str = _keys.SPATIAL,
    n_permutations: int = 1000,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Describe each domain of each section: size, pieces, shape, what it is made of, and which domains it borders.

    Areas and outlines are those of the footprints of spots (their Voronoi cells, which end half a spacing outside the tissue).
    Shape is measured as in CellCharter (Varrone et al. 2024), but on the pieces of these outlines, without the steps of the
    lattice; a domain has the mean over its pieces of ten spots or more, weighted by area. Borders are compared with random labels
    by squidpy (:func:`squidpy.gr.nhood_enrichment`), within sections.

    The perimeter, too, is that of the smoothed outlines, while the area is that of the footprints. Smoothing rounds the corners of
    pieces of a few spots, which shortens their perimeter, and leaves those that are too thin for it as they are. So do not compare
    perimeters of domains of a few spots with those of large domains.

    Parameters
    ----------
    mdata
        Tissue with domains in ``obs`` and a spatial graph.
    key
        Column of ``obs`` with the domains; any labels will do. Spots without one do not count.
    composition
        Column of ``obs`` with categories (cell types of segmented cells), or key of ``obsm`` of a data frame with the share of
        each in each spot (from deconvolution).
    library_key
        Column of ``obs`` with the section of each spot; by default that of the spatial graph, if it has one.
    spatial_key
        Key of ``obsm`` with the coordinates.
    n_permutations
        Permutations of the labels for the z-scores of neighbouring domains.
    random_state
        Seed of the permutations.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key="spamca"`` it has

    ``mdata.uns["spamca_description"]["domains"]``
        A data frame with a row for each ``section`` and ``domain``: ``n_spots``; ``share`` of the section's spots; ``n_pieces``,
        connected parts of the spatial graph; ``largest_piece``, its share of the spots; ``n_border_spots``, spots next to another
        domain; ``area``, in squared units of the coordinates; ``perimeter`` of the smoothed outlines, in their units, edge of the tissue included;
        ``linearity`` (1: one line or ring, 0.5: a cross), ``elongation`` (0: disc or square, near 1: thin bar), ``curl`` (0:
        straight, near 1: coiled), ``purity`` (share of the domain among the spots within its outer outlines); ``confidence``, its
        mean, and ``<modality>:weight``, the mean weight of each modality, where they are known. The weight counts as 0 in a spot that
        lacks the modality, so that mean weights of a domain sum to one.
    ``mdata.uns["spamca_description"]["neighbors"]``
        A row for each ``section`` and ordered pair of ``domain`` and ``neighbor``: ``n_edges`` of the spatial graph between them;
        ``share`` of the edges that leave the domain; ``log2_enrichment`` of that share over the neighbour's share of edges among
        the other domains, with one edge added; ``zscore`` of the edges under random labels, NaN where that cannot be computed.
    ``mdata.uns["spamca_description"]["composition"]``
        With ``composition``, a row for each ``section``, ``domain`` and ``category``: ``share`` in the domain, ``expected``
        (share in the section), ``log2_enrichment`` with one spot added.
    ``mdata.uns["spamca_nhood_enrichment"]``
        z-scores and counts over all sections, as squidpy writes them, for :func:`squidpy.pl.nhood_enrichment`; not where spots
        lack a domain, or there is only one.

    Raises
    ------
    TypeError
        If an argument is not of its kind.
    KeyError
        If there are no domains, coordinates or spatial graph, or a column is not there.
    ValueError
        If there is no domain. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.compare : differences between groups of sections.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.describe(mdata, key="label", n_permutations=50)
    >>> table = mdata.uns["label_description"]["domains"]
    >>> int(table["n_spots"].sum())
    400
    """
    from spamca.shapes.tables import Domains, composition_table, domain_table, neighbor_table

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_count("n_permutations", n_permutations, least=2)
    seed = _checks.check_seed(random_state)
    names, labels = domains_of(mdata, key, least=1)
    coords = _checks.check_coordinates(mdata, spatial_key)
    sections, section = sections_of(mdata, library_key, "describe")
    coords = _checks.flat(coords, section, "describe measures outlines in the plane")
    parts = None if composition is None else parts_of(mdata, composition)
    tissue = Domains(labels, names, section, sections, adjacency_of(mdata))
    tables: dict[str, Any] = {"domains": domain_table(tissue, coords, _spot_columns(mdata, key))}
    tables["neighbors"], (z, count) = neighbor_table(tissue, n_permutations, seed)
    if parts is not None:
        tables["composition"] = composition_table(tissue, *parts)
    given = {"key": key, "composition": composition, "spatial_key": spatial_key}
    tables["params"] = {**given, "n_permutations": n_permutations, "random_state": seed}
    with _edge.transaction(mdata, copy=copy) as target:
        target.uns[_keys.description(key)] = tables
        if (labels >= 0).all() and len(names) > 1:
            target.uns[_keys.enrichment(key)] = {"zscore": z, "count": count}
    return target if copy else None


def _spot_columns(mdata: MuData, key: str) -> dict[str, np.ndarray]:
    """Confidence of the spots and weights of their modalities, (n_obs,) each, as far as they are stored under this key."""
    confidence, weight = _keys.confidence(key), _keys.weight(key)
    found = {"confidence": mdata.obs[confidence].to_numpy(dtype=np.float64)} if confidence in mdata.obs else {}
    # Not those of mdata.obs: files leave out columns that modalities hold too.
    for name, modality in mdata.mod.items():
        if weight in modality.obs:
            values = modality.obs[weight].to_numpy(dtype=np.float64)
            found[f"{name}:weight"] = _edge.spread(values, _edge.rows(mdata, name), 0.0)
    return found
