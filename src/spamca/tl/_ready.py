"""A tissue that is ready for domains to be found in it."""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from spamca import _checks, _keys, _records
from spamca._group import ALONE
from spamca._logging import logger
from spamca.tissue import batch_numbers, read, stored_batches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData

    from spamca._group import Group
    from spamca.domains import DomainSettings
    from spamca.tissue import Tissue

LEAST = {"n_fitted": 100}
MOST = {"novelty_quantile": 1, "coherence": 40}  # a stronger pull overflows single precision
WEIGHTS_PAGE = "https://spamca.readthedocs.io/en/latest/understand/weights.html"

SMALL_WEIGHT = 0.2  # a modality that counts less than that hardly takes part in the domains
MOST_OF_ALL = 1e6  # of the other settings of the search that are real numbers


def ready(
    mdata: MuData,
    random_state: int,
    caller: str,
    *,
    batch_correction: bool,
    batch_key: str | Sequence[str] | None = None,
    feature_graphs: bool = False,
    position: bool = False,
    group: Group = ALONE,
) -> Tissue:
    """Read a tissue; run :func:`spamca.pp.neighbors` first where it was not run, and log that in the name of the caller.

    ValueError if only some modalities have features, or one was measured nowhere, or where several processes have no graphs.
    """
    from spamca.pp import neighbors
    from spamca.pp._feature_graphs import add_feature_graphs
    from spamca.pp._modality import check_measured

    joint = _keys.connectivities(_keys.SPATIAL) in mdata.obsp
    used = {name: modality.uns.get(_keys.MODALITY_RECORD, {}).get("use_rep") for name, modality in mdata.mod.items()}
    lacking = [name for name, use_rep in used.items() if use_rep not in mdata[name].obsm]
    if joint and lacking and len(lacking) < len(mdata.mod):
        msg = f"modalities {lacking} have no features, and others have; call spamca.pp.neighbors(mdata) again"
        raise ValueError(msg)
    if group.size > 1 and (not joint or lacking):
        msg = "sharded=True needs graphs and features; call spamca.pp.neighbors(mdata, library_key=..., sharded=True) before"
        raise ValueError(msg)
    if not joint or lacking:
        level = logging.DEBUG if lacking else logging.INFO  # neighbors says what it prepares
        logger.log(level, "%s: no graphs found, running spamca.pp.neighbors(mdata)", caller)
        neighbors(mdata, feature_graphs=feature_graphs, random_state=random_state)
    elif group.size == 1 and (library_key := _found_sections(mdata, caller)) is not None:
        neighbors(mdata, feature_graphs=feature_graphs, library_key=library_key, random_state=random_state)
    elif feature_graphs and not all(_keys.FEATURE_NEIGHBORS in modality.uns for modality in mdata.mod.values()):
        logger.info("%s: building the feature graphs that the network looks at", caller)
        add_feature_graphs(mdata, random_state, group)
    for name, modality in mdata.mod.items():
        check_measured(modality, name)
    sections = batch_numbers(mdata, caller, batch_key, group) if batch_correction else None
    return read(mdata, feature_graphs=feature_graphs, sections=sections, position=position)


def searched(mdata: MuData, key: str, caller: str) -> tuple[Tissue, Mapping[str, float] | None, DomainSettings]:
    """The tissue that the domains ``key`` were searched in, trust in its modalities, and settings; KeyError if a modality is gone."""
    from spamca.domains import DomainSettings
    from spamca.model.parts import settings_of

    record = _records.record_of(mdata, key)
    params, names = record.get("params", {}), [str(name) for name in record["modalities"]]
    if lacking := [name for name in names if name not in mdata.mod]:
        msg = f"mdata.uns[{key!r}] was found in modalities {names}, of which mdata lacks {lacking}; call spamca.tl.integrate again"
        raise KeyError(msg)
    tissue = read(mdata, names, sections=stored_batches(mdata, caller, params))
    return tissue, params.get("modality_trust"), settings_of(DomainSettings, params)


def check_batch_key(given: str | Sequence[str] | None, *, batch_correction: bool) -> None:
    """Whether ``batch_key`` is a name or several, and batch effects are to be removed (TypeError, ValueError)."""
    if given is None:
        return
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        msg = f"batch_key must be the name of a column of obs or a list of names, got {given!r}"
        raise TypeError(msg)
    if not batch_correction:
        msg = (
            f"batch_key={given!r} names batches, and batch_correction=False keeps their effects; leave one of them out"
        )
        raise ValueError(msg)


def _found_sections(mdata: MuData, caller: str) -> str | None:
    """Column of sections that a spatial graph joins which :func:`spamca.pp.neighbors` has not seen, and whose coordinates overlap."""
    from spamca.pp._sections import AUTO, section_key
    from spamca.pp._stored import SECTIONS, found_graph, is_own

    if is_own(mdata, _keys.SPATIAL) or _checks.graph_params(mdata).keys() & set(SECTIONS):
        return None
    try:
        coords = _checks.check_coordinates(mdata)
    except (KeyError, ValueError):  # not needed: the graph is there
        return None
    found = found_graph(mdata, _keys.SPATIAL)
    return None if found is None else section_key(mdata, coords, AUTO, caller, links=found[0])


def check_trust(mdata: MuData, given: Mapping[str, float] | None) -> None:
    """Whether ``modality_trust`` names modalities and holds numbers from 0 to 1, not all 0 (TypeError, KeyError, ValueError)."""
    if given is None:
        return
    _checks.check_modality_names("modality_trust", given, mdata)
    for name, value in given.items():
        _checks.check_real(f"modality_trust[{name!r}]", value, least=0, most=1)
    if set(given) == set(mdata.mod) and not any(given.values()):
        msg = f"modality_trust must trust at least one modality, got {dict(given)!r}"
        raise ValueError(msg)


def log_small_weights(found: Mapping[str, Any], trust: Mapping[str, float]) -> None:
    """Log why the weight of a modality in the search is small, where it was measured; ``found`` is the record of the domains."""
    weights, times = found["weights"], found["inflation"]
    leading = max(weights, key=weights.get)
    for name, weight in weights.items():
        if name in trust or weight >= SMALL_WEIGHT or not weights[leading]:
            continue
        least = f"{times[leading]:.1f} in {leading!r}, the least, which counts in full"
        repeats = f"its evidence repeats itself over neighbours, {times[name]:.1f} times ({least})"
        why = repeats if weight else "neighbours share nothing in it beyond chance"
        logger.info(
            "integrate: weight of %r in the search for domains: %.2g, because %s; see %s",
            name,
            weight,
            why,
            WEIGHTS_PAGE,
        )


def check_finds_none(given: Mapping[str, Any], trust: Mapping[str, float] | None) -> None:
    """Whether nothing is given that is for domains, where the preset finds none (ValueError)."""
    from spamca.domains import DomainSettings

    unused = sorted(given.keys() & DomainSettings.__dataclass_fields__.keys())
    if trust is not None or unused:
        what = f"settings {unused} are" if unused else f"modality_trust={trust!r} is"
        msg = f"{what} for domains, which preset='paper' does not find; leave {'them' if unused else 'it'} out"
        raise ValueError(msg)


def domain_settings(given: Mapping[str, Any]) -> DomainSettings:
    """Settings of the search for domains among those given, if each is of the kind of its default (TypeError, ValueError)."""
    from spamca.domains import DomainSettings
    from spamca.model.parts import settings_of

    for one in fields(DomainSettings):
        name, value = f"settings[{one.name!r}]", given.get(one.name, one.default)
        if isinstance(one.default, tuple):
            if not isinstance(value, (tuple, list)) or not value:
                msg = f"{name} must be a tuple of whole numbers such as {one.default}, got {value!r}"
                raise TypeError(msg)
            for number in value:
                _checks.check_count(name, number)
            if sorted(set(value)) != list(value):
                msg = f"{name} must rise, such as {one.default}, got {value!r}"
                raise ValueError(msg)
        elif isinstance(one.default, int):
            _checks.check_count(name, value, least=LEAST.get(one.name, 1))
        else:
            _checks.check_real(name, value, least=0, most=MOST.get(one.name, MOST_OF_ALL))
    return settings_of(DomainSettings, given)


def n_steps(n_spots: int, n_clusters: int | None, between: tuple[int, int] | None, *, finds: bool) -> int:
    """Steps of the bar of :func:`spamca.tl.integrate`: features and graphs, numbers that are tried, domains, embedding."""
    from spamca.model.domains import default_range

    if not finds:
        return 2
    least, most = default_range(n_spots) if between is None else between
    return 3 + (0 if n_clusters is not None else min(most, n_spots) - least + 1)
