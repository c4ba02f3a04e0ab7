"""What counts of a modality: its measured spots and its features that are no controls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _edge
from spamca.features._blocks import Blocks, in_blocks, is_counts, parted, take_columns
from spamca.features.controls import is_control

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

COUNT_LAYERS = ("counts", "raw_counts")
"""Layers in which scanpy's and scvi-tools' users keep counts after normalising ``X``."""


class Opened:
    """What counts of a modality: the spots where it was measured, (n_measured,), and its features without controls, (n_real,).

    Matrices that are not in memory, or large, are :class:`Blocks`, each opened and looked at once.

    Parameters
    ----------
    modality
        The modality, with n spots and p features.
    measured
        Spots where it was measured, booleans (n,); by default those that its preparation noted, else all.
    """

    def __init__(self, modality: AnnData, measured: np.ndarray | None = None) -> None:
        self.modality = modality
        self.measured = _edge.measured(modality) if measured is None else measured

    @cached_property
    def real(self) -> np.ndarray:
        """Features that are no controls, booleans (p,): their names are read, which takes a second for 200,000."""
        return ~is_control(self.modality.var)

    @cached_property
    def var(self) -> pd.DataFrame:
        """Annotation of the features that count, (n_real, ...)."""
        return self.modality.var[self.real]

    def having(self, measured: np.ndarray) -> Opened:
        """The same of other spots, booleans (n,)."""
        found = Opened(self.modality, measured)
        found.real = self.real
        return found

    def taking(self, rows: np.ndarray) -> Opened:
        """The same of some of its spots, by their positions among the measured ones."""
        if len(rows) == np.count_nonzero(self.measured):
            return self
        taken = np.zeros(len(self.measured), dtype=bool)
        taken[np.flatnonzero(self.measured)[rows]] = True
        return self.having(taken)

    @cached_property
    def X(self) -> Any:
        """Matrix, (n_measured, n_real), or None."""
        return self.part(in_blocks(self.modality.X))

    @cached_property
    def counts(self) -> tuple[Any, str]:
        """A layer of counts where X has none, else X; and where it is."""
        layers = self.modality.layers
        for name in COUNT_LAYERS if self.X is not None and not is_counts(self.X) else ():
            where = f"layers[{name!r}]"
            if name in layers and is_counts(X := self.part(in_blocks(layers[name], where))):
                return X, where
        return self.X, "X"

    def part(self, X: Any) -> Any:
        """A matrix of all spots and features, cut to those that count; not copied where all do."""
        X = parted(self.rows(X))
        return X if X is None or self.real.all() else take_columns(X, np.flatnonzero(self.real))

    def rows(self, X: Any) -> Any:
        """A matrix of all spots, cut to those that were measured, with controls; not copied where all were."""
        if X is None or self.measured.all():
            return X
        rows = np.flatnonzero(self.measured)
        return Blocks(X.array[rows]) if isinstance(X, Blocks) else X[rows]


def opened(modality: AnnData | Opened) -> Opened:
    """A modality as :class:`Opened`, if it is not one already."""
    return modality if isinstance(modality, Opened) else Opened(modality)
