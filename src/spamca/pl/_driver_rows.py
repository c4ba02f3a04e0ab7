"""Which features a figure of drivers shows, and their values, from the table of :func:`spamca.tl.drivers` and the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from spamca import _edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData
    from scipy.sparse import csr_matrix

    from spamca.features import Opened
    from spamca.features._blocks import Matrix

COLUMNS = ("domain", "modality", "feature", "effect", "share_in", "q_value")


@dataclass(frozen=True)
class DriverRows:
    """Features to show, (n_rows,), and their numbers in every domain, (n_rows, n_domains), NaN where there is none."""

    domains: list[str]
    modalities: list[str]
    features: list[str]
    modality: np.ndarray  # of each row, index into modalities
    domain: np.ndarray  # that each row stands under, index into domains
    effect: np.ndarray
    share_in: np.ndarray
    q_value: np.ndarray

    @property
    def names(self) -> list[str]:
        """Names of the rows: features, with their modality where two have one of that name."""
        twice = {name for name in self.features if self.features.count(name) > 1}
        return [
            f"{self.modalities[m]}:{name}" if name in twice else name
            for name, m in zip(self.features, self.modality, strict=True)
        ]


def driver_rows(table: pd.DataFrame, n_features: int, domains: Sequence[str]) -> DriverRows:
    """The first features of each domain that are higher in it; each once, under the domain where its effect is largest."""
    known = [str(name) for name in pd.Categorical(table["modality"]).categories]
    table = table.assign(**{name: table[name].astype(str) for name in ("domain", "modality", "feature")})
    modalities = [name for name in known if name in set(table["modality"])]
    top = table[table["effect"] > 0].groupby("domain", sort=False).head(n_features)
    top = top.sort_values("effect", ascending=False, kind="stable").drop_duplicates(["modality", "feature"])
    top = top.assign(place=[list(domains).index(name) for name in top["domain"]])
    top = top.sort_values(["place", "effect"], ascending=[True, False], kind="stable")
    rows = pd.MultiIndex.from_frame(top[["modality", "feature"]])
    table = table[pd.MultiIndex.from_frame(table[["modality", "feature"]]).isin(rows)]
    wide = table.pivot_table(index=["modality", "feature"], columns="domain", values=["effect", "share_in", "q_value"])
    values = {
        name: (wide[name] if name in wide else pd.DataFrame(index=wide.index))
        .reindex(index=rows, columns=list(domains))
        .to_numpy(dtype=np.float64)
        for name in ("effect", "share_in", "q_value")
    }
    modality = np.array([modalities.index(name) for name in top["modality"]], dtype=np.int64)
    return DriverRows(
        list(domains), modalities, list(top["feature"]), modality, top["place"].to_numpy(dtype=np.int64), **values
    )


def standardized_means(
    mdata: MuData, modality: str, features: Sequence[str], codes: np.ndarray, n_domains: int, layer: str | None
) -> np.ndarray:
    """Mean in each domain of features in standard deviations from their mean over all spots, (n_features, n_domains).

    Values are those of :attr:`spamca.features.Kind.level`. ``codes`` are the domains of all spots, (n_obs,), -1 for none.
    """
    from spamca.features import opened
    from spamca.features._blocks import by_rows
    from spamca.tissue import feature_names

    held, row = opened(mdata[modality]), _edge.rows(mdata, modality)
    columns = feature_names(held.modality)[held.real].get_indexer(list(features))
    if lacking := [feature for feature, column in zip(features, columns, strict=True) if column < 0]:
        msg = f"mdata[{modality!r}] has no features {lacking} any more; run spamca.tl.drivers again"
        raise KeyError(msg)

    def chosen(rows: np.ndarray | csr_matrix) -> np.ndarray:
        some: Any = rows[:, columns]
        return np.asarray(some.toarray() if issparse(some) else some, dtype=np.float64)

    values = by_rows(chosen, _levels(held, modality, layer))
    return means_in_domains(values, _edge.collect(codes, row, len(held.measured))[held.measured], n_domains)


def means_in_domains(values: np.ndarray, own: np.ndarray, n_domains: int) -> np.ndarray:
    """Mean in each domain, (p, n_domains), of values (n, p) in standard deviations from their mean; ``own`` is the domain of each, (n,)."""
    deviation = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, np.nan)
    member = own[:, None] == np.arange(n_domains)
    size = member.sum(axis=0)
    return np.where(size > 0, scaled.T @ member / np.maximum(size, 1), np.nan)


def _levels(held: Opened, modality: str, layer: str | None) -> Matrix:
    """Values of a modality that can be compared between spots, (n_spots, n_features), of a layer as they are unless it holds counts."""
    from spamca.features import KINDS, in_blocks, is_counts, matrix_of
    from spamca.tissue import kind_of

    kind = kind_of(held, modality)
    if layer is None:
        return KINDS[kind].level(matrix_of(held, kind)[0])
    matrix = held.part(in_blocks(held.modality.layers[layer], f"layers[{layer!r}]"))
    return KINDS[kind].level(matrix) if is_counts(matrix) else matrix
