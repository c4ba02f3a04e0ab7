"""Domains that guide the network, from a MuData."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca import _checks, _edge, _keys
from spamca.features import trust_of
from spamca.guide import Guide, guide_of_runs
from spamca.tl._gather import features_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mudata import MuData


def trusts(mdata: MuData, given: Mapping[str, float] | None) -> dict[str, float]:
    """How far each modality is trusted, by name: as given, or by its kind.

    Parameters
    ----------
    mdata
        With the records that :func:`spamca.pp.neighbors` leaves in its modalities.
    given
        The caller's choice for some or all modalities.
    """
    kinds = {name: modality.uns[_keys.MODALITY_RECORD]["kind"] for name, modality in mdata.mod.items()}
    return {name: trust_of(name, kind) for name, kind in kinds.items()} | dict(given or {})


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


def find_guide(
    mdata: MuData,
    n_domains: int,
    trust: Mapping[str, float],
    *,
    n_runs: int,
    sections: np.ndarray | None = None,
) -> Guide:
    """Domains from the features and the spatial graph of a MuData.

    They do not hang on a seed: runs start from seeds 0, 1, ..., so that a tissue has one guide.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    n_domains
        Their number.
    trust
        How far each modality is trusted.
    n_runs
        Number of runs that agree on them.
    sections
        Section of each spot, whose batch effects are told from domains; None where there are none.
    """
    return guide_of_runs(n_domains=n_domains, n_runs=n_runs, sections=sections, **arrays_of(mdata, trust))


def arrays_of(mdata: MuData, trust: Mapping[str, float]) -> dict[str, Any]:
    """What :mod:`spamca.guide` sees of a MuData: arguments ``features``, ``adjacency``, ``weights`` and ``present``.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    trust
        How far each modality is trusted, by name.
    """
    present = _edge.present(mdata)
    return {
        "features": [
            _edge.spread(features_of(modality), _edge.rows(mdata, name)) for name, modality in mdata.mod.items()
        ],
        "adjacency": mdata.obsp[_keys.connectivities(_keys.SPATIAL)],
        "weights": [trust[name] for name in mdata.mod],
        "present": None if present.all() else present,
    }
