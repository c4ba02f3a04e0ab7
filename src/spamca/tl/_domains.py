"""Domains from a MuData."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys, domains
from spamca._logging import logger
from spamca.domains import DEFAULTS, Domains
from spamca.tl._gather import features_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData


def check_trust(mdata: MuData, given: Mapping[str, float] | None) -> None:
    """Whether ``modality_trust`` names modalities and holds numbers from 0 to 1, not all of them 0.

    Raises
    ------
    TypeError, KeyError, ValueError
        If not.
    """
    if given is None:
        return
    _checks.check_modality_names("modality_trust", given, mdata)
    for name, value in given.items():
        _checks.check_real(f"modality_trust[{name!r}]", value, least=0, most=1)
    if set(given) == set(mdata.mod) and not any(given.values()):
        msg = f"modality_trust must trust at least one modality, got {dict(given)!r}"
        raise ValueError(msg)


def find_domains(
    mdata: MuData,
    n_domains: int,
    trust: Mapping[str, float] | None,
    *,
    sections: np.ndarray | None = None,
    random_state: int = 0,
) -> Domains:
    """Domains from the features and the spatial graph of a MuData.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    n_domains
        Their number.
    trust
        What the caller has modalities count for, by name; that of the others is measured.
    sections
        Section of each spot, whose batch effects are separated from domains; None where there are none.
    random_state
        Seed.
    """
    found = domains.find_domains(
        n_domains=n_domains, sections=sections, random_state=random_state, **arrays_of(mdata, trust)
    )
    if found.record.get("continuity", 0.0) > DEFAULTS.gradient:
        logger.warning(
            "domains: the data show no separate domains: neighbouring ones pass into each other without a gap (continuity %.2f), "
            "so that their number and borders are a matter of choice",
            found.record["continuity"],
        )
    return found


def arrays_of(mdata: MuData, trust: Mapping[str, float] | None) -> dict[str, Any]:
    """What :mod:`spamca.domains` sees of a MuData: arguments ``features``, ``adjacency``, ``weights`` and ``present``.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    trust
        What the caller has modalities count for, by name.
    """
    present, given = _edge.present(mdata), dict(trust or {})
    return {
        "features": [
            _edge.spread(features_of(modality), _edge.rows(mdata, name)) for name, modality in mdata.mod.items()
        ],
        "adjacency": mdata.obsp[_keys.connectivities(_keys.SPATIAL)],
        "weights": [given.get(name) for name in mdata.mod],
        "present": None if present.all() else present,
    }
