"""Writing to a MuData whose modalities may be views."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from anndata import ImplicitModificationWarning

from spamca import _edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata import MuData


@contextmanager
def writing(mdata: MuData, *, copy: bool) -> Iterator[MuData]:
    """Like :func:`spamca._edge.transaction`, and modalities that are views quietly become objects of their own.

    ``MuData({"rna": adata[mask]})`` holds a view, which is as good as an object to whoever made it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=ImplicitModificationWarning)
        with _edge.transaction(mdata, copy=copy) as target:
            yield target
