"""What a report is about: a result in a tissue, and its parts as arrays over all spots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from spamca import _checks, _keys, _records
from spamca._colors import colors_of
from spamca.tissue import compared_weights

if TYPE_CHECKING:
    from mudata import MuData


@dataclass(frozen=True)
class Subject:
    """A result of a tissue of n spots."""

    mdata: MuData
    key: str = _keys.SPAMCA
    label_key: str | None = None
    notices: list[str] = field(default_factory=list)  # warnings so far

    def check(self) -> None:
        """Whether there are domains, coordinates and, if wanted, labels (TypeError, ValueError, KeyError)."""
        _checks.check_readable(self.mdata)
        _checks.check_name("key", self.key)
        if self.key not in self.mdata.obs:
            which = "" if self.key == _keys.SPAMCA else f", key_added={self.key!r}"
            msg = f"key={self.key!r}: mdata.obs has no domains of that name; run spamca.tl.integrate(mdata{which})"
            raise KeyError(msg)
        values = self.mdata.obs[self.key]
        if not isinstance(values.dtype, pd.CategoricalDtype) or not values.notna().any():
            msg = f"key={self.key!r} must hold categories, the domains, got {values.dtype}; name the key_added of a result"
            raise ValueError(msg)
        if self.label_key is not None:
            _checks.check_column(self.mdata, "label_key", self.label_key)
        _checks.check_coordinates(self.mdata, self.spatial_key)

    def stored(self, name: str) -> Any:
        """An entry of ``uns``, or None."""
        return self.mdata.uns.get(name)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The record of the result; empty if this package did not write it."""
        return _records.record_of(self.mdata, self.key)

    @cached_property
    def command(self) -> Mapping[str, Any]:
        """The record of the command that made the result; empty if no command did."""
        text = self.stored(_keys.command(self.key))
        try:
            return as_mapping(json.loads(text)) if isinstance(text, str) else {}
        except ValueError:
            return {}

    @cached_property
    def spatial_key(self) -> str:
        """Key of the coordinates, that of the spatial graph if it is still there."""
        found = _checks.graph_params(self.mdata).get("spatial_key")
        holders = (self.mdata, *self.mdata.mod.values())
        there = isinstance(found, str) and any(found in holder.obsm for holder in holders)
        return str(found) if there else _keys.SPATIAL

    @cached_property
    def library_key(self) -> str | None:
        """Column with the section of each spot, that of the spatial graph if it is still there."""
        found = _checks.recorded_library_key(self.mdata)
        there = found is not None and any(found in holder.obs for holder in (self.mdata, *self.mdata.mod.values()))
        return found if there else None

    @property
    def place(self) -> dict[str, Any]:
        """Where spots lie, as arguments of figures and scores."""
        return {"spatial_key": self.spatial_key, "library_key": self.library_key}

    @cached_property
    def library(self) -> pd.Categorical | None:
        """Section of each spot, (n,), or None."""
        values = _checks.check_library(self.mdata, self.library_key)
        return None if values is None else pd.Categorical(values)

    @cached_property
    def codes(self) -> np.ndarray:
        """Number of the domain of each spot, (n,); -1 where it has none."""
        return self.mdata.obs[self.key].cat.codes.to_numpy()

    @cached_property
    def names(self) -> list[str]:
        """Names of the domains."""
        return [str(name) for name in self.mdata.obs[self.key].cat.categories]

    @cached_property
    def sizes(self) -> np.ndarray:
        """Spots of each domain."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    @cached_property
    def colors(self) -> list[str]:
        """Colours of the domains, hexadecimal."""
        return [to_hex(one) for one in colors_of(self.mdata.uns, self.key, self.names)]

    @cached_property
    def confidence(self) -> np.ndarray | None:
        """Probability of the domain of each spot, (n,), or None."""
        column = _keys.confidence(self.key)
        return self.mdata.obs[column].to_numpy(dtype=np.float64) if column in self.mdata.obs else None

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """Weight of each modality in each spot, (n,), NaN where the spot lacks it or has no other; of those that have any."""
        found, _ = compared_weights(self.mdata, self.key)
        return {name: values for name, values in found.items() if np.isfinite(values).any()}

    @cached_property
    def n_alone(self) -> int:
        """Spots with one modality only, whose weight says nothing."""
        return compared_weights(self.mdata, self.key)[1]

    def by_domain(self, values: np.ndarray) -> np.ndarray:
        """Mean of values (n,) in each domain, of the spots that have one."""
        has = (self.codes >= 0) & np.isfinite(values)
        n, codes = len(self.names), self.codes[has]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.bincount(codes, values[has], n) / np.bincount(codes, minlength=n)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
