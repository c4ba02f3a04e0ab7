"""Domains that were found without some of the features, so that these can be tested in them.

Where features were used to find domains, a test of the same features in them uses the data twice: even noise differs between domains that
were drawn around it. Features are therefore held out in turn. Those of one fold are compared between domains that were found, by the same
method, from the features of the other folds alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from spamca.domains import DEFAULTS, find_domains
from spamca.features import KINDS, take_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from scipy.sparse import csr_matrix

    from spamca.domains import DomainSettings
    from spamca.features._blocks import Matrix


FOUND_AGAIN = 0.5
"""Least overlap (Jaccard index) of a stored domain with the one found without a feature; below it, that is another domain."""


@dataclass(frozen=True)
class Source:
    """A modality of p features, as it was measured on n_m spots."""

    matrix: Matrix  #: what it is prepared from, (n_m, p)
    kind: str  #: a key of :data:`spamca.features.KINDS`
    row: np.ndarray  #: row of each spot of the tissue in it, integers (n,), -1 where the spot lacks it
    used: np.ndarray  #: which features take part in the domains, booleans (p,)
    real: np.ndarray  #: which of all features these p are, controls aside, booleans (p or more,)
    n_components: int  #: most components of its features

    @cached_property
    def level(self) -> Matrix:
        """Values that can be compared between spots, (n_m, p)."""
        return KINDS[self.kind].level(self.matrix)

    def prepared(self, kept: np.ndarray, random_state: int) -> np.ndarray | None:
        """Components (n, d) of some features, integers; zero where a spot lacks them; None where no feature is left that varies."""
        kind = KINDS[self.kind]
        matrix = self.level if kind.logged else self.matrix
        try:
            own = kind.prepare(
                take_columns(matrix, kept),
                n_components=self.n_components,
                n_top_genes=len(kept),
                random_state=random_state,
            ).values
        except ValueError:
            return None
        out = np.zeros((len(self.row), own.shape[1]), dtype=np.float32)
        out[self.row >= 0] = own[self.row[self.row >= 0]]
        return out


def folds(used: Sequence[np.ndarray], n_folds: int, random_state: int) -> list[np.ndarray]:
    """Fold of each feature of each modality, integers below ``n_folds``, at random and of equal sizes; -1 for features not used."""
    rng, out = np.random.default_rng(random_state), []
    for own in used:
        fold = np.full(len(own), -1)
        fold[rng.permutation(np.flatnonzero(own))] = np.arange(own.sum()) % n_folds
        out.append(fold)
    return out


def domains_without(
    sources: Sequence[Source],
    fold: Sequence[np.ndarray],
    found: np.ndarray,
    graph: csr_matrix,
    *,
    weights: Mapping[int, float] | None = None,
    sections: np.ndarray | None = None,
    settings: DomainSettings = DEFAULTS,
    random_state: int = 0,
) -> Iterator[np.ndarray]:
    """Find the domains again without the features of each fold.

    Parameters
    ----------
    sources, fold
        Modalities, and the fold of each of their features.
    found
        Domains that were found with all features, integers (n,) below K.
    graph
        Spatial graph, symmetric, sparse of shape (n, n).
    weights
        Power of the likelihood of some modalities, by number; that of the others is measured.
    sections, settings, random_state
        As in :func:`spamca.domains.find_domains`.

    Yields
    ------
    Domain of each spot without a fold, integers (n,): each has the number of the domain in ``found`` that it shares most spots with, one to
    one. -1 everywhere where no feature is left.
    """
    n_domains, has = int(found.max()) + 1, np.column_stack([source.row >= 0 for source in sources])
    for number in range(max(int(own.max()) for own in fold) + 1):
        prepared = [
            source.prepared(np.flatnonzero(source.used & (own != number)), random_state)
            for source, own in zip(sources, fold, strict=True)
        ]
        left = [m for m, values in enumerate(prepared) if values is not None]
        if not left:
            yield np.full(len(found), -1)
            continue
        again = find_domains(
            [values for values in prepared if values is not None],
            graph,
            n_domains,
            weights=[(weights or {}).get(m) for m in left],
            present=None if has[:, left].all() else has[:, left],
            sections=sections,
            settings=settings,
            random_state=random_state,
        )
        yield renumbered(again.assignment.argmax(axis=1), found, n_domains)


def renumbered(partition: np.ndarray, reference: np.ndarray, n_domains: int) -> np.ndarray:
    """A partition with the numbers of the reference whose domains share most spots with its own, one to one; both are integers (n,)."""
    shared = np.zeros((n_domains, n_domains), dtype=np.int64)
    np.add.at(shared, (partition, reference), 1)
    own, match = linear_sum_assignment(shared, maximize=True)
    number = np.empty(n_domains, dtype=np.int64)
    number[own] = match
    return number[partition]


def overlap(partition: np.ndarray, reference: np.ndarray, n_domains: int) -> np.ndarray:
    """Share of the spots in either domain of a number that are in both (Jaccard index), (K,); NaN for domains without a spot."""
    out = np.full(n_domains, np.nan)
    for k in range(n_domains):
        one, other = partition == k, reference == k
        if either := np.count_nonzero(one | other):
            out[k] = np.count_nonzero(one & other) / either
    return out


def not_found_again(table: pd.DataFrame) -> str:
    """Which rows of a table of drivers have no numbers because their domain was not found without the feature; empty if none."""
    lost = table["overlap"] < FOUND_AGAIN if "overlap" in table else np.zeros(len(table), dtype=bool)
    if not (n_pairs := int(np.count_nonzero(lost))):
        return ""
    domains = [str(name) for name in dict.fromkeys(table["domain"][lost])]
    return (
        f"{n_pairs} pair{'s' * (n_pairs > 1)} of {len(domains)} domain{'s' * (len(domains) > 1)} {'have' if n_pairs > 1 else 'has'} no numbers, because the domain is not found again without the feature (overlap "
        f"below {FOUND_AGAIN}): {', '.join(domains)}"
    )
