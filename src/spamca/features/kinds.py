"""The kinds of omics: how each is prepared, and how each is recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger
from spamca.features._blocks import is_negative, is_whole, looks_logged
from spamca.features._opened import opened
from spamca.features.atac import level_atac, prepare_atac, treat_atac
from spamca.features.generic import level_generic, prepare_generic, treat_generic
from spamca.features.metabolite import is_intensity, level_metabolite, prepare_metabolite, treat_metabolite
from spamca.features.protein import level_protein, prepare_protein, treat_protein
from spamca.features.rna import level_rna, prepare_rna, treat_rna

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from anndata import AnnData

    from spamca.features._blocks import Matrix
    from spamca.features._features import Features, Fitted
    from spamca.features._opened import Opened


@dataclass(frozen=True)
class Kind:
    """A kind of omics.

    Parameters
    ----------
    prepare
        From a matrix (n_spots, n_features), in memory or in blocks, to :class:`Features`; keywords are ``n_components``,
        ``n_top_genes`` (highly variable features kept, by kinds that choose), ``chosen`` (features that are used in place of those,
        booleans (n_features,), or None) and ``random_state``.
    treat
        From a matrix of other spots, the column of each feature in it, integers (n_features,), -1 where it is missing, and the
        :class:`Fitted`, to what the loadings are applied to, (n_spots, n_known), and the Fitted of the features that are there.
    level
        From a matrix to values that can be compared between spots, not scaled, of the same shape.
    words
        Regular expressions, in lower case, of words that name such a modality: the second counts where no kind's first is
        found ("protein expression" is protein).
    counts, logged
        Whether it needs counts, and whether logarithms of counts will also do.
    centred
        Whether each feature needs all others: those of a spot are compared with their mean.
    units
        Units of the features between preparation and components, in words.
    fits
        Of a kind that does not need counts: whether values are what it expects. None where it takes any.
    """

    prepare: Callable[..., Features]
    treat: Callable[[Matrix, np.ndarray, Fitted], tuple[Matrix, Fitted]]
    level: Callable[[Matrix], Matrix]
    words: tuple[str, ...] = ()
    counts: bool = True
    logged: bool = False
    centred: bool = False
    units: str = "values as they were given"
    fits: Callable[[Matrix], bool] | None = None

    @property
    def amounts(self) -> bool:
        """Whether levels are logarithms of one plus amounts, whose ratios are fold changes."""
        return self.counts or self.fits is not None


_CHROMATIN = Kind(prepare_atac, treat_atac, level_atac, units="TF-IDF")
_GENERIC = Kind(prepare_generic, treat_generic, level_generic, counts=False)

KINDS: dict[str, Kind] = {
    "rna": Kind(
        prepare_rna,
        treat_rna,
        level_rna,
        (r"(sc|sn|st|m|total)?rna(seq)?\d*|gex\d*|transcript(s|omes?|omics?)?\d*", r"genes?|expression"),
        logged=True,
        units="logarithm of one plus counts at the median depth",
    ),
    "protein": Kind(
        prepare_protein,
        treat_protein,
        level_protein,
        (r"adts?\d*|prot(s|eomes?|eomics?)?\d*|\w*proteins?\d*|antibod(y|ies)|abs?\d*|abseq", r"cite(seq)?\d*"),
        centred=True,
        units="centred log ratio",
    ),
    "atac": replace(_CHROMATIN, words=(r"(sc|sn)?atac(seq)?\d*|peaks?\d*|chromatin|accessib(le|ility)",)),
    "histone": replace(_CHROMATIN, words=(r"histones?|h[234]k\d\w*|cut ?(and|n)? ?(tag|run)\d*|ch ?ip( ?seq)?\d*",)),
    "image": replace(_GENERIC, words=(r"images?\d*|(hist|morph)olog(y|ical)|h ?e|he stain\w*",)),
    "metabolite": Kind(
        prepare_metabolite,
        treat_metabolite,
        level_metabolite,
        (r"metabol(ites?|omes?|omics?)\d*|lipid(s|omes?|omics?)?\d*|(msi|maldi|desi)\d*",),
        counts=False,
        units="logarithm of one plus intensity at the median total ion current, in detection limits",
        fits=is_intensity,
    ),
    "generic": _GENERIC,
}
"""Kinds by name; where words of several are found, the first wins. A new kind is a file and an entry here."""


def infer_kind(name: str, modality: AnnData | Opened) -> str:
    """Kind of a modality, a key of :data:`KINDS`.

    By ``var["feature_types"]``, else by its name, else ``"generic"``. It is ``"generic"`` too where a kind that needs counts finds
    fractions instead, with negative values or like logarithms that it cannot take. Whole numbers keep their kind even if some are
    negative: they are corrupted counts.
    """
    modality = opened(modality)
    var = modality.var  # without controls: Xenium may have more codewords without a probe than genes
    types = list(var[_keys.FEATURE_TYPES].dropna().mode()) if _keys.FEATURE_TYPES in var else []
    named, typed = named_kind(name), named_kind(str(types[0]) if types else "")
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
    fits = KINDS[kind].fits
    if fits is not None and X is not None and not fits(X):
        logger.info("%r: values were normalised or logged already; taken as kind 'generic' and not as %s", name, kind)
        return "generic"
    return kind


def matrix_of(modality: AnnData | Opened, kind: str) -> tuple[Matrix, str]:
    """Matrix that a modality is prepared from, not to be written to, and where it is.

    ``X``, or a layer of counts where the kind needs counts and X has none.
    """
    modality = opened(modality)
    return modality.counts if KINDS[kind].counts else (modality.X, "X")


def named_kind(text: str) -> str | None:
    """Kind whose words are in a name, None where no kind's are."""
    # Whole words only: "internal" holds "rna", "excited" holds "cite".
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    for rank in range(2):
        for kind, known in KINDS.items():
            if any(re.search(rf"\b({pattern})\b", words) for pattern in known.words[rank : rank + 1]):
                return kind
    return None
