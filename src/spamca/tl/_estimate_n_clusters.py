"""``tl.estimate_n_clusters``: how many domains a tissue has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca._logging import logger
from spamca.tl._cluster_input import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData

    from spamca.domains import NumberOfDomains


N_CLUSTERS_RANGE = (2, 15)
"""Numbers of domains that are tried where the caller names none."""

SPOTS_EACH = 60
"""Spots for each domain of the largest of these numbers: small tissue cannot tell more domains than that apart."""


def estimate_n_clusters(
    mdata: MuData,
    *,
    n_clusters_range: tuple[int, int] | None = None,
    modality_trust: Mapping[str, float] | None = None,
    batch_correction: bool = True,
    key_added: str = _keys.SPAMCA,
    random_state: int = 0,
    copy: bool = False,
) -> MuData | None:
    """Estimate the number of domains from the features and the spatial graph, before anything is trained.

    Domains are sought for every number of the range, and judged by a penalised likelihood: how well the domains around a spot predict
    its features, less what the domains cost. The smallest number within one standard error of the best is taken; those within two
    are plausible too. Runs :func:`spamca.pp.neighbors` first where it was not run, and logs that.

    Where domains have edges and differ clearly, the number is theirs. Where tissue changes gradually there is no true one:
    look at the criteria (:func:`spamca.pl.n_clusters`), other numbers may do as well.

    Parameters
    ----------
    mdata
        Tissue with one or more modalities measured on the same spots. A spot may lack a modality.
    n_clusters_range
        Smallest and largest number that is tried. A wider range costs time in proportion. None: from 2 to 15, in small tissue to one
        domain for every 60 spots.
    modality_trust
        What a modality counts for, from 0 to 1, by name, in place of what is measured, as in :func:`spamca.tl.integrate`.
    batch_correction
        Whether batch effects of several sections are taken out, as in :func:`spamca.tl.integrate`.
    key_added
        Name of the result, see Returns.
    random_state
        Seed; the same seed gives the same number.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key_added="spamca"`` it has

    ``mdata.uns["spamca_n_clusters"]``
        ``n_clusters``, the chosen number; ``plausible``, the numbers that come close to the best; ``tried``, and for each number tried
        ``gain`` (the likelihood, in nats per spot), ``evidence`` (the likelihood penalised), ``error`` (standard error of its
        difference to the highest), ``stability`` (agreement of starts and scales) and ``coherence`` (share of edges of the spatial
        graph within domains); ``params``, the arguments.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If ``modality_trust`` names what is no modality.
    ValueError
        If the tissue or an argument cannot be used. ``mdata`` is then unchanged.

    See Also
    --------
    spamca.pl.n_clusters : a figure of the criteria.
    spamca.tl.integrate : train with that number.

    Notes
    -----
    Forbes and Peyrard (2003) for the likelihood, Varin and Vidoni (2005) and Gao and Song (2010) for its penalty, Breiman et al.
    (1984) for the rule of one standard error.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=4, difficulty=0.2)
    >>> spamca.pp.neighbors(mdata)
    >>> spamca.tl.estimate_n_clusters(mdata, n_clusters_range=(2, 7))
    >>> mdata.uns["spamca_n_clusters"]["n_clusters"]
    4
    """
    from spamca.tl._domains import check_trust
    from spamca.tl._sections import sections_of
    from spamca.tl._where_missing import run_neighbors_where_missing

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_key_added(mdata, key_added)
    seed = _checks.check_seed(random_state)
    _checks.check_size(mdata, "to estimate a number of domains")
    between = default_range(mdata.n_obs) if n_clusters_range is None else n_clusters_range
    check_range(between, mdata.n_obs)
    check_trust(mdata, modality_trust)
    _checks.check_flag("batch_correction", batch_correction)
    with _edge.transaction(mdata, copy=copy) as target:
        run_neighbors_where_missing(target, seed, "estimate_n_clusters")
        sections = sections_of(target, "estimate_n_clusters") if batch_correction else None
        given = {"random_state": seed, "sections": sections, "caller": "estimate_n_clusters"}
        found = find_number(target, between, modality_trust, **given)
        params = {"n_clusters_range": [int(n) for n in between], "random_state": seed}
        if modality_trust is not None:
            params["modality_trust"] = dict(modality_trust)
        target.uns[_keys.n_clusters(key_added)] = {**criteria(found), "params": params}
    return target if copy else None


def find_number(
    mdata: MuData,
    between: tuple[int, int],
    trust: Mapping[str, float] | None,
    *,
    random_state: int,
    sections: np.ndarray | None,
    caller: str,
) -> NumberOfDomains:
    """Number of domains from the features and the spatial graph of a MuData, logged in the name of the caller.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    between
        Smallest and largest number tried; those above the number of spots are left out.
    trust
        What the caller has modalities count for, by name.
    random_state
        Seed.
    sections
        Section of each spot, whose batch effects are kept apart from domains; None where there are none.
    caller
        Who asks.
    """
    from spamca.domains import number_of_domains
    from spamca.tl._domains import arrays_of

    numbers = range(between[0], min(between[1], mdata.n_obs) + 1)
    found = number_of_domains(numbers=numbers, random_state=random_state, sections=sections, **arrays_of(mdata, trust))
    if not found.gain.any():
        logger.warning(
            "%s: neighbours share nothing in any modality; the number of domains is the least, %d",
            caller,
            found.n_domains,
        )
        return found
    logger.info(
        "%s: estimated %d domains between %d and %d; plausible: %s",
        caller,
        found.n_domains,
        found.tried[0],
        found.tried[-1],
        ", ".join(map(str, found.plausible)),
    )
    return found


def default_range(n_spots: int) -> tuple[int, int]:
    """Numbers of domains that are tried where the caller names none."""
    least, most = N_CLUSTERS_RANGE
    return least, int(min(most, max(least, n_spots // SPOTS_EACH)))


def criteria(found: NumberOfDomains) -> dict[str, Any]:
    """What is stored of a number of domains."""
    names = ("tried", "gain", "evidence", "error", "stability", "coherence")
    return {"n_clusters": found.n_domains, "plausible": found.plausible} | {
        name: getattr(found, name) for name in names
    }
