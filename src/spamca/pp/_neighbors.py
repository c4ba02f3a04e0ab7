"""``pp.neighbors``: the spatial graph of the tissue, and feature graphs of its modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._group import together
from spamca._logging import logger
from spamca._threads import limited
from spamca.graph import METRICS
from spamca.pp._feature_graphs import built, forget_feature_graph, numbers_of, store_feature_graph
from spamca.pp._modality import EMPTY_ROWS, representation
from spamca.pp._sections import AUTO
from spamca.pp._shards import check_shards, prepare_modalities
from spamca.pp._spatial import spatial_of
from spamca.pp._stored import store_spatial

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData


def neighbors(
    mdata: MuData,
    *,
    n_neighbors: int | None = None,
    n_neighs: int | None = None,
    coord_type: str | None = None,
    radius: float | None = None,
    delaunay: bool = False,
    n_rings: int | None = None,
    spatial_graph: str | None = None,
    use_rep: str | Mapping[str, str] | None = None,
    empty_rows: str = "missing",
    metric: str = "correlation",
    approximate: bool | None = None,
    feature_graphs: bool = False,
    spatial_key: str = _keys.SPATIAL,
    library_key: str | None = "auto",
    sharded: bool = False,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Link spots that lie close together and, on request, in each modality spots with similar features.

    Runs :func:`spamca.pp.prepare` on modalities without features. Logs its choices at level INFO of the logger ``"spamca"``.

    Parameters
    ----------
    mdata
        Tissue with coordinates in ``obsm`` of the MuData or of a modality, in two columns or three.
    n_neighbors
        Neighbours of each spot in the feature graphs. More smooth more, and join small groups to large ones. None: 20. A modality
        of fewer spots has all there are; a number that no modality has spots for is an error.
    n_neighs
        Neighbours of each spot in the spatial graph; others as near as the last count too, so that 6 gives the 6 of a
        hexagonal lattice and the 8 of a square one. More smooth more, and blur thin structures. None: 6.
        A section of fewer spots has all there are; a number that no section has spots for is an error.
    coord_type
        As in squidpy: ``"generic"`` links nearest neighbours, or by ``radius`` or ``delaunay``; ``"grid"`` links spots on a
        lattice. None: the spatial graph that squidpy left under its default name, on the MuData or in modalities, else as
        the other options say, and without them nearest neighbours.
    radius
        Link all spots within this distance, in the units of the coordinates; with ``delaunay``, the longest edge.
    delaunay
        Whether to link corners of the same triangle (in three dimensions, tetrahedron).
    n_rings
        Rings of neighbours on a lattice. None: 1.
    spatial_graph
        Name (squidpy's ``key_added``) of an existing spatial graph to use, e.g. ``"spatial"``. Options for building one
        are an error then.
    use_rep
        Features in ``obsm`` to use, for all modalities or by modality. None: those that ``prepare`` left, else
        ``X_pca`` or ``X_lsi``, else ``prepare`` is run.
    empty_rows
        What rows of a modality that hold nothing are, as in :func:`spamca.pp.prepare`: ``"missing"`` or ``"keep"``. It counts for
        features that are prepared now and for those that the user brought, whose own rows and those of ``X`` are looked at.
    metric
        Distance of features: ``"correlation"``, ``"cosine"`` or ``"euclidean"`` (always with fewer than 3 features).
    approximate
        Whether to search similar spots with pynndescent. None: past 50,000 spots, unless there is a GPU (CUDA) that compares
        all pairs. Compiling the search takes up to a minute once in a process; its time then grows little faster than the
        number of spots, that of the exact search with their square.
    feature_graphs
        Whether to link spots with similar features in each modality too; ``n_neighbors`` and ``approximate`` imply it. The
        default network does not use these graphs; one with a feature view (``preset="paper"``) builds those that are missing.
    spatial_key
        Name of the coordinates in ``obsm``.
    library_key
        Column of ``obs``, of the MuData or of modalities, with the section of each spot. Spots of different sections are not linked
        in space; edges between them are removed from an existing graph as well. :func:`spamca.tl.integrate` removes their batch effects.
        ``"auto"``: the column that names sections (``"library_id"``, ``"sample"``, ``"section"``, ..., also ``"batch"`` or ``"fov"``) if the
        coordinates of its categories lie on one another, or the one with the names of ``uns["spatial"]``; a warning says which. Labels and
        fields of view of one tissue are none. None: it is one section.
    sharded
        Whether this process holds only a part of the tissue, and others that ``torchrun`` started hold the rest.
        Each builds the graph of its own spots, and modalities are prepared as in :func:`spamca.pp.prepare`. ``library_key`` may not be
        ``"auto"`` then.
        See :doc:`/how-to/shards`. In a single process it changes nothing.
    n_jobs
        Number of threads. None leaves it to the size of the problem, -1 uses all cores.
    random_state
        Seed of ``prepare`` and of the approximate search. The same seed gives the same bits.
    copy
        Whether to return a changed copy instead of changing ``mdata``.

    Returns
    -------
    The changed copy if ``copy`` is set, else None. Written to ``mdata``, and to modalities that have none of their own:

    ``obsm["spatial"]``
        Coordinates, float64 of shape (n_obs, 2), or (n_obs, 3) where the third ones differ, in any process.
    ``obsp["spatial_connectivities"]``, ``obsp["spatial_distances"]``, ``uns["spatial_neighbors"]``
        Spatial graph, symmetric, in squidpy's layout. Modalities have no ``spatial_distances``.

    and to each modality:

    ``uns["spamca"]``
        Kind of the modality and name of its features.
    ``obs["spamca_measured"]``
        Whether the spot was measured; only where some were not.
    ``obsp["feature_neighbors_connectivities"]``, ``obsp["feature_neighbors_distances"]``, ``uns["feature_neighbors"]``
        With ``feature_graphs``, the feature graph, symmetric, in scanpy's layout (``neighbors_key="feature_neighbors"``).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or out of its range, or the tissue does not fit it; ``mdata`` is unchanged then.
    ValueError
        With ``library_key="auto"``, if coordinates of several sections lie on one another and no column names them, or several do.
    KeyError
        If there are no coordinates, or ``use_rep``, ``spatial_graph`` or ``library_key`` are not found.
    RuntimeError
        With ``sharded``, if another process fails.

    See Also
    --------
    spamca.tl.integrate : finds domains on these graphs.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
    >>> spamca.pp.neighbors(mdata)
    >>> mdata.obsp["spatial_connectivities"].shape
    (100, 100)
    >>> mdata["rna"].uns["spamca"]["use_rep"]
    'X_pca'
    """
    _checks.check_flag("sharded", sharded)
    with together(sharded=sharded) as group:
        _checks.check_mudata(mdata, copy=copy)
        _checks.check_choice("metric", metric, METRICS)
        counts = numbers_of(n_neighbors, mdata, group)
        _checks.check_slots("use_rep", use_rep, mdata)
        _checks.check_choice("empty_rows", empty_rows, EMPTY_ROWS)
        _checks.check_flag("approximate", approximate, optional=True)
        _checks.check_flag("feature_graphs", feature_graphs)
        feature_graphs = feature_graphs or n_neighbors is not None or approximate is not None
        random_state = _checks.check_seed(random_state)
        _checks.check_modality_records(mdata)
        coords = _checks.check_coordinates(mdata, spatial_key, group)
        if group.size > 1 and library_key == AUTO:
            msg = "library_key='auto' sees no sections of other processes; name the column of the sections, or pass None if there is one section"
            raise ValueError(msg)
        options: dict[str, Any] = {
            "n_neighs": n_neighs,
            "radius": radius,
            "n_rings": n_rings,
            "delaunay": delaunay,
            "coord_type": coord_type,
        }
        spatial = spatial_of(mdata, coords, spatial_graph, library_key, group=group, **options)

        search: dict[str, Any] = {"metric": metric, "approximate": approximate}
        with limited(n_jobs):
            found = {name: representation(mdata, name, use_rep, empty_rows) for name in mdata.mod}
            keys = {name: used and used.key for name, used in found.items()}
            same = {**search, "n_neighbors": n_neighbors, "feature_graphs": feature_graphs, "library_key": library_key}
            same |= {"features": keys, "empty_rows": empty_rows, "random_state": random_state}
            check_shards(mdata, group, same)
            given = {"random_state": random_state, "empty": empty_rows, "caller": "neighbors"}
            made = prepare_modalities(mdata, [name for name in found if found[name] is None], {}, group, **given)
            chosen = {name: used or made[name] for name, used in found.items()}
            graphs = {
                name: built(name, used.values, used.measured, counts[name], random_state, group=group, **search)
                for name, used in chosen.items()
                if feature_graphs
            }
        if made and group.rank == 0:
            logger.info(
                "neighbors: no features yet, %s", "; ".join(f"{name!r} {used.how}" for name, used in made.items())
            )
        with _edge.transaction(mdata, copy=copy) as target:
            store_spatial(target, spatial, coords, spatial_key)
            for name, used in chosen.items():
                used.store(target[name])
                forget_feature_graph(target[name])
                if feature_graphs:
                    store_feature_graph(target[name], *graphs[name], used.key)
            group.wait()
    return target if copy else None
