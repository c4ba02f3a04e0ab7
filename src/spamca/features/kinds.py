"""The kinds of omics: how each is prepared, and how each is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spamca._logging import logger
from spamca.features._values import is_counts, is_negative, looks_logged
from spamca.features.atac import prepare_atac
from spamca.features.generic import prepare_generic
from spamca.features.protein import prepare_protein
from spamca.features.rna import prepare_rna

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

    from spamca.features._features import Features

COUNT_LAYERS = ("counts", "raw_counts")
"""Layers in which scanpy's and scvi-tools' users keep counts after normalising ``X``."""


@dataclass(frozen=True)
class Kind:
    """A kind of omics.

    Parameters
    ----------
    prepare
        From a matrix (n_spots, n_features) to features.
    pattern
        Regular expression found in the names of such modalities, and in ``var["feature_types"]``, in lower case.
    counts
        Whether it works on counts.
    logged
        Whether it can also start from values that are logarithms of counts.
    """

    prepare: Callable[..., Features]
    pattern: str | None = None
    counts: bool = True
    logged: bool = False


KINDS: dict[str, Kind] = {
    "protein": Kind(prepare_protein, r"adt|prot|cite|antibod|(?<![a-z])ab(s|seq)?(?![a-z])"),
    "atac": Kind(prepare_atac, r"atac|peak|chromatin|accessib|cut.?(and|&|n)?.?tag|h[234]k\d"),
    "rna": Kind(prepare_rna, r"rna|gex|(?<![a-z])genes?(?![a-z])|transcript|expression", logged=True),
    "generic": Kind(prepare_generic, counts=False),
}
"""Kinds by name, the first whose pattern fits wins. A new kind is a file and a line here."""


def infer_kind(name: str, modality: AnnData) -> str:
    """Kind of a modality.

    By its name, else by ``var["feature_types"]``, else ``"generic"``. Where neither ``X`` nor a layer of counts holds what
    the kind works on (negative values, or fractions that are no logarithms of counts), it is ``"generic"`` too.

    Parameters
    ----------
    name
        Name of the modality.
    modality
        The modality.

    Returns
    -------
    A key of :data:`KINDS`.
    """
    kind = _named_kind(name.lower())
    if kind is None and "feature_types" in modality.var and modality.n_vars:
        kind = _named_kind(str(modality.var["feature_types"].mode().iloc[0]).lower())
    if kind is None:
        return "generic"
    X, _ = matrix_of(modality, kind)
    unfit = is_negative(X) or (not KINDS[kind].logged and looks_logged(X))
    if KINDS[kind].counts and unfit:
        logger.info("%r: values are not counts; taken as reduced features (kind 'generic') and not as %s", name, kind)
        return "generic"
    return kind


def matrix_of(modality: AnnData, kind: str) -> tuple[Any, str]:
    """Matrix that a modality is prepared from: ``X``, or a layer of counts where the kind needs counts and X has none.

    Parameters
    ----------
    modality
        The modality.
    kind
        A key of :data:`KINDS`.

    Returns
    -------
    Dense or sparse, (n_spots, n_features), the modality's own and not to be written to; and where it is.
    """
    if KINDS[kind].counts and modality.X is not None and not is_counts(modality.X):
        for layer in COUNT_LAYERS:
            if layer in modality.layers and is_counts(modality.layers[layer]):
                return modality.layers[layer], f"layers[{layer!r}]"
    return modality.X, "X"


def _named_kind(text: str) -> str | None:
    return next((kind for kind, known in KINDS.items() if known.pattern and re.search(known.pattern, text)), None)
