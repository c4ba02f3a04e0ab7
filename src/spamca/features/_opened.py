"""A modality whose matrices may be in memory or not."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from spamca.features._blocks import in_blocks

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


class Opened:
    """A modality with those of its matrices as :class:`Blocks` that are not in memory, each opened and looked at once.

    Parameters
    ----------
    modality
        The modality.
    """

    def __init__(self, modality: AnnData) -> None:
        self.modality = modality
        self._layers: dict[str, Any] = {}

    @cached_property
    def X(self) -> Any:
        """Matrix, (n_spots, n_features), or None."""
        return in_blocks(self.modality.X)

    @property
    def var(self) -> pd.DataFrame:
        """Table of the features."""
        return self.modality.var

    def layer(self, name: str) -> Any:
        """A layer, (n_spots, n_features), or None where there is none of this name."""
        if name not in self._layers:
            layers = self.modality.layers
            self._layers[name] = in_blocks(layers[name], f"layers[{name!r}]") if name in layers else None
        return self._layers[name]


def opened(modality: AnnData | Opened) -> Opened:
    """A modality as :class:`Opened`, if it is not one already."""
    return modality if isinstance(modality, Opened) else Opened(modality)
