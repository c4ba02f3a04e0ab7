"""What is compared between groups of sections: names, values (n_sections, n_tests), and what means are shown of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spamca import _checks, _edge
from spamca.features import in_blocks, is_counts, opened
from spamca.groups import border_ratios, comparison, log_ratios, pseudobulk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from mudata import MuData

    from spamca.groups import Design
    from spamca.shapes.tables import Domains

LEAST_COUNT = 10
"""Counts of a feature in a domain of a section that are enough; a feature has them in most sections, or is left out."""


class Compared(NamedTuple):
    """Domain and other of each test, (n_tests,) strings; values that are tested and values that are shown, (n_sections, n_tests)."""

    domain: list[str]
    other: list[str]
    values: np.ndarray
    shown: np.ndarray


def check_common(tissue: Domains, key: str) -> None:
    """Whether there are several sections, and domains that occur in several of them (ValueError)."""
    if len(tissue.sections) < 2:
        msg = "there is one section, at least two are compared; name the column of the sections with library_key"
        raise ValueError(msg)
    counts = counts_of(tissue)
    if not counts.sum(axis=1).all():
        empty = tissue.sections[int(counts.sum(axis=1).argmin())]
        msg = f"section {empty!r} has no spot with a domain of key={key!r}; leave it out of mdata"
        raise ValueError(msg)
    if ((counts > 0).sum(axis=0) < 2).all():
        msg = (
            f"each domain of key={key!r} occurs in one section only, so that nothing can be compared; find domains of all sections "
            "together: spamca.pp.neighbors(mdata, library_key=...), spamca.tl.integrate(mdata)"
        )
        raise ValueError(msg)


def counts_of(tissue: Domains) -> np.ndarray:
    """Spots of each domain in each section, (n_sections, n_domains)."""
    shape = len(tissue.sections), len(tissue.names)
    has = tissue.labels >= 0
    cell = tissue.section[has] * shape[1] + tissue.labels[has]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def shares(tissue: Domains) -> Compared:
    """Share of each domain: centred log ratios."""
    counts = counts_of(tissue)
    return Compared(
        list(tissue.names), [""] * len(tissue.names), log_ratios(counts), counts / counts.sum(axis=1, keepdims=True)
    )


def neighbors(tissue: Domains) -> Compared:
    """Neighbours of each domain: enrichment of each other one at its border."""
    share, ratio = border_ratios(tissue)
    domain, other = np.nonzero(~np.eye(len(tissue.names), dtype=bool))
    names = np.asarray(tissue.names)
    return Compared(names[domain].tolist(), names[other].tolist(), ratio[:, domain, other], share[:, domain, other])


def modality_features(
    mdata: MuData, tissue: Domains, modality: str, features: Sequence[str] | None, layer: str | None
) -> Compared:
    """Pseudo-bulk of features of a modality in each domain. KeyError where one of them is not there."""
    adata, held = mdata[modality], opened(mdata[modality])
    names = held.var.index
    wanted = list(names if features is None else features)
    if lacking := [name for name in wanted if name not in names]:
        msg = f"features {lacking[:3]} are not among mdata[{modality!r}].var_names, or are controls"
        raise KeyError(msg)
    if layer is not None and layer not in adata.layers:
        msg = f"layer={layer!r} is not among {sorted(key for key in adata.layers if key)} of mdata[{modality!r}]"
        raise KeyError(msg)
    X = held.counts[0] if layer is None else held.part(in_blocks(adata.layers[layer]))
    _checks.check_features(X, modality)
    spots = _edge.spots(_edge.rows(mdata, modality), adata.n_obs)[held.measured]
    labels, section = tissue.labels[spots], tissue.section[spots]
    shape, counts = (len(tissue.sections), len(tissue.names)), is_counts(X)
    values, sums = pseudobulk(X, labels, section, shape, counts=counts)
    column = names.get_indexer(wanted)
    values, sums = values[:, :, column], sums[:, :, column]
    # A feature that is not seen has no level to compare.
    measured = np.isfinite(values[:, :, :1])
    enough = (sums >= LEAST_COUNT).sum(axis=0) * 2 > measured.sum(axis=0) if counts else measured.any(axis=0)
    domain, feature = np.nonzero(np.broadcast_to(enough, values.shape[1:]))
    other = [f"{modality}:{wanted[j]}" for j in feature]
    flat = values[:, domain, feature]
    return Compared([tissue.names[int(k)] for k in domain], other, flat, flat)


def table_of(
    found: Mapping[str, Compared], design: Design, groups: Sequence[str], reference: int, **options: Any
) -> pd.DataFrame:
    """Comparisons of all that was found, one under the other; ``options`` are those of :func:`spamca.groups.contrast`."""
    import pandas as pd

    tables = []
    for what, one in found.items():
        keys = {"domain": one.domain, "other": one.other}
        tables.append(comparison(what, keys, one.values, one.shown, design, groups, reference, **options))
    table = pd.concat(tables, ignore_index=True)
    return table.astype(dict.fromkeys(("what", "domain", "group", "reference"), "category"))


def section_table(tissue: Domains, design: Design, groups: Sequence[str]) -> pd.DataFrame:
    """A row for each section and domain: group, number and share of spots."""
    import pandas as pd

    counts = counts_of(tissue)
    n_sections, n_domains = counts.shape
    return pd.DataFrame(
        {
            "section": pd.Categorical(np.repeat(tissue.sections, n_domains), list(tissue.sections)),
            "group": pd.Categorical.from_codes(np.repeat(design.group, n_domains), list(groups)),
            "domain": pd.Categorical(np.tile(tissue.names, n_sections), list(tissue.names)),
            "n_spots": counts.ravel(),
            "share": (counts / counts.sum(axis=1, keepdims=True)).ravel(),
        }
    )
