"""Domains of another number from a tissue that was integrated, without training again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.model.parts import stored_emissions
from spamca.tl._domains import find_domains
from spamca.tl._field import find_emissions
from spamca.tl._sections import sections_of, stored_corrected
from spamca.tl._store_domains import store_found

if TYPE_CHECKING:
    from mudata import MuData


def has_found(mdata: MuData, key_added: str) -> bool:
    """Whether :func:`spamca.tl.integrate` found domains under this name."""
    record = mdata.uns.get(key_added)
    return isinstance(record, Mapping) and "domains" in record


def find_again(mdata: MuData, n_clusters: int | None, key_added: str, random_state: int) -> None:
    """Find domains as :func:`spamca.tl.integrate` did, and write them.

    Parameters
    ----------
    mdata
        The tissue.
    n_clusters
        Number of domains; None takes that of integrate.
    key_added
        Name of the result.
    random_state
        Seed.

    Raises
    ------
    KeyError
        If the tissue was not integrated under that name, or found no domains.
    """
    if not has_found(mdata, key_added):
        which = "" if key_added == _keys.SPAMCA else f", key_added={key_added!r}"
        msg = f"mdata.uns[{key_added!r}] holds no domains; call spamca.tl.integrate(mdata{which})"
        raise KeyError(msg)
    params, origin = mdata.uns[key_added]["params"], "argument"
    if n_clusters is None:
        n_clusters, origin = int(params["n_clusters"]), "integrate"
        _checks.check_n_clusters(n_clusters, mdata.n_obs)
        logger.info("cluster: n_clusters=%d, that of integrate", n_clusters)
    sections = sections_of(mdata, "cluster") if params.get("batch_correction") else None
    found = find_domains(mdata, n_clusters, params.get("modality_trust"), sections=sections, random_state=random_state)
    emissions = find_emissions(mdata, found, stored_corrected(mdata, key_added))
    if emissions is not None:
        mdata.uns[key_added] = {**mdata.uns[key_added], "field": stored_emissions(emissions)}
    store_found(mdata, found, key_added, n_clusters=n_clusters, origin=origin, random_state=random_state)
