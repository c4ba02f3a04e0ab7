"""Features compared between domains, and the table of what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _edge, _keys, _records
from spamca._logging import logger
from spamca.domains import DomainSettings
from spamca.explain import (
    FOUND_AGAIN,
    Source,
    contrasts,
    contributions,
    domains_without,
    folds,
    levels,
    overlap,
    patches,
)
from spamca.features import KINDS, Fitted, matrix_of, opened, take_columns
from spamca.groups import q_values
from spamca.model.domains import FIELD
from spamca.model.parts import emissions_of, settings_of
from spamca.tissue import batch_numbers, components_of, preparation_of, read, stored_batches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

    from spamca.features._blocks import Matrix
    from spamca.tissue import Components

COLUMNS = (
    "effect",
    "log2_fold_change",
    "share_in",
    "share_out",
    "p_value",
    "q_value",
    "variance_explained",
    "contribution",
    "overlap",
)
"""Numbers of the table of drivers, in their order."""


@dataclass(frozen=True)
class Compared:
    """Categories that are compared: of each spot integers (n,), -1 for none, their names, and whether they were given."""

    codes: np.ndarray
    names: list[str]
    given: bool

    def parts(self, held: Components | None) -> tuple[np.ndarray, np.ndarray]:
        """What a search would find: of each spot integers (n,) below K, and the category of each, (K,); several of a merged domain."""
        whole = np.arange(len(self.names))
        if held is None or not held.merged or held.others or set(held.names) != set(self.names):
            return self.codes, whole
        return held.posterior.argmax(axis=1), np.array([self.names.index(held.names[d]) for d in held.members])


def compared(mdata: MuData, key: str, groupby: str | None) -> Compared:
    """The domains of a result, or the categories of a column; KeyError or ValueError where there are none that can be compared."""
    column = key if groupby is None else groupby
    argument, mend = ("groupby", "") if groupby else ("key", _records.integrating(mdata, key))
    found = _checks.check_column(mdata, argument, column, mend=mend)
    categories = pd.Categorical(found.values).remove_unused_categories()
    if len(categories.categories) < 2:
        msg = (
            f"mdata.obs[{column!r}] must have two categories at least, got {list(categories.categories)}: a single domain has no other to be "
            "compared with and explains no variance; find more with spamca.tl.cluster(mdata, n_clusters), or name another column"
        )
        raise ValueError(msg)
    if groupby is None:
        record = _records.record_of(mdata, column)
    else:  # no search is repeated, so the result that domains were found from may be gone
        modality, _, own = found.name.partition(":")  # as mudata names what it takes from a modality
        column = own if modality in mdata.mod and own else found.name
        record = dict(_records.own_record(mdata, column))
    searched = record.get("cluster", {}).get("method") == FIELD and "network" in record
    if groupby is None and not searched:
        msg = (
            f"the domains {key!r} were not found in the features of this tissue by spamca.tl.integrate, so that the search cannot be "
            f"repeated without a feature; pass groupby={key!r} to compare them as they are, with p-values that use the data twice"
        )
        raise ValueError(msg)
    if groupby is not None and searched:
        msg = (
            f"groupby={groupby!r} names domains that were found in these features: to compare them as they are uses the data twice; pass "
            f"key={column!r} instead, which tests each feature in domains found without it"
        )
        raise ValueError(msg)
    if groupby is not None and _records.written_by(mdata, column):
        twice = "p-values use the data twice, because the domains %r were found in these features; rank features by them, and test none"
        logger.warning(f"drivers: {twice}", column)
    return Compared(categories.codes.astype(np.int64), list(map(str, categories.categories)), groupby is not None)


def explained(
    mdata: MuData,
    sources: Mapping[str, Source | None],
    key: str,
    groupby: str | None,
    position: np.ndarray,
    *,
    n_folds: int,
    random_state: int,
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The table of drivers, and by modality the share of each feature's variance that all domains explain."""
    what, record = compared(mdata, key, groupby), _records.record_of(mdata, key)
    params = record.get("params", {})
    by_section = batch_numbers(mdata, "drivers")
    sections = by_section if what.given else stored_batches(mdata, "drivers", params)
    there = {name: source for name, source in sources.items() if source is not None}
    k = len(what.names)
    patch = patches(position, by_section)
    fold = {name: np.full(len(source.used), -1) for name, source in there.items()}
    found: list[np.ndarray] = []
    if not what.given:
        took_part = [name for name in map(str, record["modalities"]) if name in there]
        held_out = folds([there[name].used for name in took_part], n_folds, random_state)
        fold |= dict(zip(took_part, held_out, strict=True))
        search: dict[str, Any] = {"settings": settings_of(DomainSettings, params), "random_state": random_state}
        trust = params.get("modality_trust", {})
        search["weights"] = {m: float(trust[name]) for m, name in enumerate(took_part) if name in trust}
        graph = read(mdata, took_part).graph
        used = [there[name] for name in took_part]
        component, members = what.parts(components_of(mdata, key))
        again = domains_without(used, held_out, component, graph, sections=sections, **search)
        found = [np.where(one >= 0, members[one], -1) for one in again]
    shares = {} if what.given else _contributions(mdata, key, what, list(there))
    tables, by_feature = [], {}
    for name, source in there.items():
        numbers, together = _compare(source, fold[name], [what.codes, *found], k, patch, sections)
        numbers["contribution"] = (
            shares[name][:, source.real] if name in shares else np.full(numbers["effect"].shape, np.nan)
        )
        if what.given:
            numbers["overlap"][:] = np.nan
        names = mdata[name].var_names[source.real].astype(str)
        parts = {column: numbers[column].ravel() for column in COLUMNS if column in numbers}
        of = {"domain": np.repeat(np.arange(k), len(names)), "modality": name, "feature": np.tile(names, k)}
        tables.append(pd.DataFrame({**of, **parts}))
        by_feature[name] = np.full(len(source.real), np.nan)
        by_feature[name][source.real] = together
    return _tidy(pd.concat(tables, ignore_index=True), what.names, list(there)), by_feature


def _compare(
    source: Source,
    fold: np.ndarray,
    partitions: list[np.ndarray],
    n_domains: int,
    patch: np.ndarray,
    sections: np.ndarray | None,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Numbers (K, p) of each feature in the partition of its fold, the first for features in none; what all domains explain, (p,).

    NaN, but for the overlap, where the partition does not hold the domain again.
    """
    order = _edge.spots(source.row, int(np.count_nonzero(source.row >= 0)))
    values = source.level
    p = len(fold)
    out = {name: np.full((n_domains, p), np.nan) for name in COLUMNS if name not in ("q_value", "contribution")}
    together = np.full(p, np.nan)
    for number, partition in enumerate(partitions, start=-1):
        columns = np.flatnonzero(fold == number)
        own = partition[order]
        if not len(columns) or len(np.unique(own[own >= 0])) < 2:
            continue
        some = values if len(columns) == p else take_columns(values, columns)
        found = contrasts(some, own, n_domains, patch[order], None if sections is None else sections[order])
        change, inside, outside = levels(some, source.kind, own, n_domains)
        again = overlap(partition, partitions[0], n_domains)[:, None]
        numbers = (found.effect, change, inside, outside, found.p_value, found.explained)
        for name, part in zip(out, numbers, strict=False):
            out[name][:, columns] = np.where(again >= FOUND_AGAIN, part, np.nan)
        out["overlap"][:, columns] = again
        together[columns] = found.explained_by_all
    return out, together


def _contributions(mdata: MuData, key: str, what: Compared, names: list[str]) -> dict[str, np.ndarray]:
    """Contribution of each feature of each modality, (K, p), NaN without loadings."""
    record = _records.record_of(mdata, key)
    if "field" not in record:
        return {}
    tissue = read(mdata, [str(name) for name in record["modalities"]])
    emissions = emissions_of({**record["field"], "spare": 0.0}, settings_of(DomainSettings, record["params"]))
    treated: list[tuple[Matrix, Fitted] | None] = []
    used: list[np.ndarray] = []
    for name in tissue.names:
        given = mdata[name].uns[_keys.MODALITY_RECORD]["kind"] == _keys.GIVEN
        held = opened(mdata[name])
        prepared = None if given or name not in names else preparation_of(held)
        if prepared is None:
            treated.append(None)
            used.append(np.zeros(0, dtype=np.int64))
            continue
        (fitted, positions), kind = prepared, mdata[name].uns[_keys.MODALITY_RECORD]["kind"]
        columns = np.flatnonzero(positions)
        matrix, known = KINDS[kind].treat(matrix_of(held, kind)[0], np.flatnonzero(positions[held.real]), fitted)
        varying = (
            fitted.columns["deviation"] > 0 if "deviation" in fitted.columns else np.ones(len(columns), dtype=bool)
        )
        treated.append((matrix, known))
        used.append(columns[varying])
    domains = components_of(mdata, key)
    if domains is None:
        slot = _keys.posterior(key)
        msg = (
            f"mdata.obsm[{slot!r}], the posterior of the domains, is not there any more; call spamca.tl.cluster(mdata)"
        )
        raise KeyError(msg)
    found = contributions(emissions, domains.posterior, tissue.graph, treated, tissue.rows)
    out = {}
    for name, one, columns in zip(tissue.names, found, used, strict=True):
        whole = np.full((len(what.names), mdata[name].n_vars), np.nan)
        for d, domain in enumerate(domains.names if one is not None else ()):
            parts = np.flatnonzero(domains.members == d)
            if one is not None and domain in what.names:
                size = domains.posterior[:, parts].sum(axis=0, dtype=np.float64)
                whole[what.names.index(domain), columns] = np.average(one[parts], axis=0, weights=size)
        out[name] = whole
    return out


def _tidy(table: pd.DataFrame, domains: list[str], modalities: list[str]) -> pd.DataFrame:
    """The table with false discovery rates, names of the domains, and its rows in order."""
    table["q_value"] = q_values(table["p_value"].to_numpy())
    table = table.sort_values(["domain", "effect"], ascending=[True, False], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "domain": pd.Categorical.from_codes(table["domain"].to_numpy(), domains),
            "modality": pd.Categorical(table["modality"], categories=modalities),
            "feature": pd.Categorical(table["feature"]),
            **{
                name: table[name].to_numpy(dtype=np.float64 if name.endswith("value") else np.float32)
                for name in COLUMNS
            },
        }
    )
