"""The kinds of omics: how each is prepared, and how each is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamca._logging import logger
from spamca.features._blocks import opened
from spamca.features._values import is_counts, is_negative, is_whole, looks_logged
from spamca.features.atac import prepare_atac, treat_atac
from spamca.features.generic import prepare_generic, treat_generic
from spamca.features.protein import prepare_protein, treat_protein
from spamca.features.rna import prepare_rna, treat_rna

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from anndata import AnnData

    from spamca.features._blocks import Matrix, Opened
    from spamca.features._features import Features, Fitted

COUNT_LAYERS = ("counts", "raw_counts")
"""Layers in which scanpy's and scvi-tools' users keep counts after normalising ``X``."""


@dataclass(frozen=True)
class Kind:
    """A kind of omics.

    Parameters
    ----------
    prepare
        From a matrix (n_spots, n_features), in memory or in blocks, to features; options are ``n_components``,
        ``n_top_genes`` (the number of highly variable features kept, by kinds that choose) and ``random_state``.
    treat
        From a matrix of other spots, the column of each feature of a preparation in it, integers of shape
        (n_features,), -1 where it is missing, and the preparation, to what the loadings are applied to, (n_spots,
        n_known), and the preparation of the features that are there.
    words
        Regular expressions of words, in lower case, that name such a modality: the first decides, the second does where
        no kind's first is met ("protein expression" is protein).
    counts
        Whether it works on counts.
    logged
        Whether it can also start from values that are logarithms of counts.
    centred
        Whether all features are needed to prepare each: those of a spot are compared with their mean.
    units
        What the values are after the preparation and before the components, in words.
    """

    prepare: Callable[..., Features]
    treat: Callable[[Matrix, np.ndarray, Fitted], tuple[Matrix, Fitted]]
    words: tuple[str, ...] = ()
    counts: bool = True
    logged: bool = False
    centred: bool = False
    units: str = "values as they were given"


KINDS: dict[str, Kind] = {
    "rna": Kind(
        prepare_rna,
        treat_rna,
        (r"(sc|sn|st|m|total)?rna(seq)?\d*|gex\d*|transcript(s|omes?|omics?)?\d*", r"genes?|expression"),
        logged=True,
        units="logarithm of one plus counts at the median depth",
    ),
    "protein": Kind(
        prepare_protein,
        treat_protein,
        (r"adts?\d*|prot(s|eomes?|eomics?)?\d*|\w*proteins?\d*|antibod(y|ies)|abs?\d*|abseq", r"cite(seq)?\d*"),
        centred=True,
        units="centred log ratio",
    ),
    "atac": Kind(
        prepare_atac, treat_atac, (r"(sc|sn)?atac(seq)?\d*|peaks?\d*|chromatin|accessib(le|ility)",), units="TF-IDF"
    ),
    "histone": Kind(
        prepare_atac,
        treat_atac,
        (r"histones?|h[234]k\d\w*|cut ?(and|n)? ?tag\d*|cut ?(and|n)? ?run\d*|ch ?ip( ?seq)?\d*",),
        units="TF-IDF",
    ),
    "image": Kind(
        prepare_generic,
        treat_generic,
        (r"images?\d*|histology|histological|morphology|morphological|h ?e|he stain\w*",),
        counts=False,
    ),
    "metabolite": Kind(
        prepare_generic,
        treat_generic,
        (r"metabol(ites?|omes?|omics?)\d*|lipid(s|omes?|omics?)?\d*|msi\d*|(maldi|desi)\d*",),
        counts=False,
    ),
    "generic": Kind(prepare_generic, treat_generic, counts=False),
}
"""Kinds by name; of those whose words are met alike, the first wins. A new kind is a file and an entry here."""


def infer_kind(name: str, modality: AnnData | Opened) -> str:
    """Kind of a modality, a key of :data:`KINDS`.

    By ``var["feature_types"]``, else by its name, else ``"generic"``. Where neither ``X`` nor a layer of counts holds
    what the kind works on (fractions with negative values, or fractions that are no logarithms of counts), it is
    ``"generic"`` too. Whole numbers of which some are negative keep their kind: they are spoilt counts.
    """
    types = list(modality.var["feature_types"].dropna().mode()) if "feature_types" in modality.var else []
    named, typed = _named_kind(name), _named_kind(str(types[0]) if types else "")
    if named and typed and named != typed:
        logger.info("%r: taken as %s, as var['feature_types'] says, and not as its name says", name, typed)
    kind = typed or named
    if kind is None:
        return "generic"
    X, _ = matrix_of(modality, kind)
    unfit = not is_whole(X) and (is_negative(X) or (not KINDS[kind].logged and looks_logged(X)))
    if KINDS[kind].counts and unfit:
        logger.info("%r: values are not counts; taken as reduced features (kind 'generic') and not as %s", name, kind)
        return "generic"
    return kind


def matrix_of(modality: AnnData | Opened, kind: str) -> tuple[Matrix, str]:
    """Matrix that a modality is prepared from, and where it is.

    ``X``, or a layer of counts where the kind needs counts and X has none; the modality's own and not to be written to,
    or the blocks of one that is not in memory.
    """
    modality = opened(modality)
    if KINDS[kind].counts and modality.X is not None and not is_counts(modality.X):
        for layer in COUNT_LAYERS:
            X = modality.layer(layer)
            if X is not None and is_counts(X):
                return X, f"layers[{layer!r}]"
    return modality.X, "X"


def _named_kind(text: str) -> str | None:
    # Whole words only: "internal" holds "rna", "excited" holds "cite".
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    for rank in range(2):
        for kind, known in KINDS.items():
            if any(re.search(rf"\b({pattern})\b", words) for pattern in known.words[rank : rank + 1]):
                return kind
    return None
