"""Which features a figure of drivers shows, and their values, from the table of :func:`spamca.tl.drivers` and the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca import _edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata import MuData

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

    Counts are compared as logarithms at one depth. ``codes`` are the domains of all spots, (n_obs,), -1 for none.
    """
    adata, row = mdata[modality], _edge.rows(mdata, modality)
    values = adata[:, list(features)].to_df(layer).to_numpy(dtype=np.float64)
    if (values >= 0).all() and (values == np.round(values)).all():
        whole = adata.X if layer is None else adata.layers[layer]
        depth = np.asarray((whole if hasattr(whole, "sum") else whole[:]).sum(axis=1), dtype=np.float64).ravel()
        values = np.log1p(values * (np.median(depth) / np.maximum(depth, 1))[:, None])
    own = _edge.collect(codes, row, adata.n_obs)
    deviation = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(deviation > 0, deviation, np.nan)
    member = own[:, None] == np.arange(n_domains)
    size = member.sum(axis=0)
    return np.where(size > 0, scaled.T @ member / np.maximum(size, 1), np.nan)
