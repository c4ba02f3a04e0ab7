"""What leads from the components of a modality back to its features, from a MuData."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spamca import _checks, _keys
from spamca._logging import logger
from spamca.tl._preparation import feature_names, stored_fitted

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.features import Fitted


def wanted(
    mdata: MuData, modalities: str | Sequence[str] | None, features: Sequence[str] | None
) -> dict[str, list[str] | None]:
    """Features asked for, by modality; None for all of a modality.

    Parameters
    ----------
    mdata
        The tissue.
    modalities
        The caller's choice, or None for all that have loadings.
    features
        Names of features, or None for all.

    Raises
    ------
    TypeError
        If either is not of the kind that it should be.
    KeyError
        If a modality or feature does not exist, or no modality has loadings.
    """
    if modalities is None:
        names = [name for name in mdata.mod if _has_loadings(mdata, name)]
        if lacking := [name for name in mdata.mod if name not in names]:
            logger.info("denoise: %s left out, whose features spamca.pp.prepare did not make", lacking)
        if not names:
            msg = "no modality has loadings to map back through; call spamca.pp.prepare(mdata) and integrate again"
            raise KeyError(msg)
    else:
        names = _names("modalities", modalities)
        _checks.check_modality_names("modalities", dict.fromkeys(names), mdata)
    if features is None:
        return dict.fromkeys(names)
    asked = _names("features", features)
    known = {name: feature_names(mdata[name]) for name in names}
    found = {name: [feature for feature in asked if feature in known[name]] for name in names}
    missing = set(asked).difference(*found.values())
    if missing:
        msg = f"features names {sorted(missing)}, which none of the modalities {names} has"
        raise KeyError(msg)
    return {name: chosen for name, chosen in found.items() if chosen}


def fitted_of(mdata: MuData, name: str) -> Fitted:
    """Loadings, means and deviations that :func:`spamca.pp.prepare` left in a modality.

    Raises
    ------
    KeyError
        If there are none.
    """
    if not _has_loadings(mdata, name):
        msg = (
            f"modality {name!r} has no loadings of spamca.pp.prepare to map back through (its features came from elsewhere); "
            "call spamca.pp.prepare(mdata) and integrate again, or leave it out of modalities"
        )
        raise KeyError(msg)
    return stored_fitted(mdata[name])


def _has_loadings(mdata: MuData, name: str) -> bool:
    modality = mdata[name]
    return _keys.PREPARATION in modality.varm and "loadings" in modality.uns.get(_keys.MODALITY_RECORD, {})


def _names(argument: str, value: str | Sequence[str]) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        msg = f"{argument} must be a name or a list of names, got {value!r}"
        raise TypeError(msg)
    return list(dict.fromkeys(names))
