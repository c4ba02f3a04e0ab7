r"""Counts of one modality.

.. math:: Y_{ij} \sim B_{ij}\, \mathrm{NB}(\mu_{ij}, \theta), \qquad
    \mu_{ij} = s_i \exp(\beta_j + \delta_{c_i j} + u_i^\top v_j)

with :math:`\beta` the level of a feature, :math:`\delta` the shift of a domain class in its marker features, :math:`u v`
programs without any place in the tissue, :math:`s` the library size and :math:`B` dropout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 4096
"""Spots drawn together. Fixed, because each block has its own stream of random numbers."""


@dataclass(frozen=True)
class Kind:
    """How counts of one kind of omics look.

    Parameters
    ----------
    n_features
        Number of features if the user names none.
    level
        Median of the mean count of a feature.
    spread
        Standard deviation of the log mean over features.
    markers
        Share of the features that differ between domains.
    signal
        Standard deviation of the log fold change of a marker, at difficulty 0 and 1.
    dispersion
        Dispersion of the negative binomial, at difficulty 0 and 1; the variance is mean + mean² / dispersion.
    library
        Standard deviation of the log library size, at difficulty 0 and 1.
    dropout
        Probability that a count is lost, at difficulty 0 and 1.
    feature_types
        What 10x readers call such features.
    """

    n_features: int
    level: float
    spread: float
    markers: float
    signal: tuple[float, float]
    dispersion: tuple[float, float]
    library: tuple[float, float]
    dropout: tuple[float, float]
    feature_types: str

    def name(self, i: int) -> str:
        """Name of feature i."""
        if self.feature_types == "Peaks":
            return f"chr{i % 19 + 1}:{10_000 * (i // 19 + 1)}-{10_000 * (i // 19 + 1) + 500}"
        return f"{'gene' if self.feature_types == 'Gene Expression' else 'protein'}{i + 1}"


KINDS = {
    "rna": Kind(300, 1.0, 1.0, 0.3, (0.85, 0.3), (5.0, 1.0), (0.2, 0.5), (0.1, 0.5), "Gene Expression"),
    "protein": Kind(60, 20.0, 1.0, 0.5, (0.75, 0.25), (8.0, 1.5), (0.2, 0.5), (0.0, 0.2), "Antibody Capture"),
    "atac": Kind(600, 0.3, 0.8, 0.3, (0.95, 0.35), (5.0, 1.0), (0.2, 0.6), (0.1, 0.5), "Peaks"),
}
"""Kinds of omics by the name that the user gives."""

PROGRAMS = 3
PROGRAM_STRENGTH = (0.1, 0.4)


@dataclass(frozen=True)
class Modality:
    """What is fixed over the spots of one modality.

    Parameters
    ----------
    log_mean
        Log mean count of each feature in each domain, (n_domains, n_features).
    marker
        Which features differ between domains, (n_features,).
    programs
        Loadings of the programs without place, (n_programs, n_features).
    dispersion, library, dropout
        As in :class:`Kind`, at the difficulty asked for.
    """

    log_mean: np.ndarray
    marker: np.ndarray
    programs: np.ndarray
    dispersion: float
    library: float
    dropout: float


def draw_modality(kind: Kind, classes: np.ndarray, n_features: int, difficulty: float, seed: list[int]) -> Modality:
    """Draw levels, markers and programs.

    Parameters
    ----------
    kind
        Kind of omics.
    classes
        Class of each domain, (n_domains,), as in :func:`spamca.datasets._blindness.seen_as`.
    n_features
        Number of features.
    difficulty
        From 0 to 1.
    seed
        Seed of the modality.

    Returns
    -------
    The fixed part of the modality.
    """
    rng = np.random.default_rng(seed)

    def at(ends: tuple[float, float]) -> float:
        return float(ends[0] + difficulty * (ends[1] - ends[0]))

    level = np.log(kind.level) + kind.spread * rng.normal(size=n_features)
    marker = np.zeros(n_features, dtype=bool)
    marker[rng.permutation(n_features)[: max(1, round(kind.markers * n_features))]] = True
    shift = at(kind.signal) * rng.normal(size=(len(classes), n_features)) * marker
    programs = at(PROGRAM_STRENGTH) * rng.normal(size=(PROGRAMS, n_features)) / np.sqrt(PROGRAMS)
    return Modality(
        (level + shift[classes]).astype(np.float32),
        marker,
        programs.astype(np.float32),
        at(kind.dispersion),
        at(kind.library),
        at(kind.dropout),
    )


def draw_counts(
    modality: Modality, domain: np.ndarray, seed: list[int], *, means: bool
) -> tuple[sparse.csr_matrix, np.ndarray | None]:
    """Draw the counts of all spots, block by block.

    Parameters
    ----------
    modality
        What :func:`draw_modality` gives.
    domain
        Domain of each spot, (n_spots,): its row of the log means.
    seed
        Seed of the modality; a block adds its number.
    means
        Whether to keep the means of the negative binomial.

    Returns
    -------
    Counts (n_spots, n_features), whole numbers as float32, and their means (same shape, dense) or None.
    """
    shape = (len(domain), modality.log_mean.shape[1])
    kept = np.empty(shape, dtype=np.float32) if means else None
    data, indices, lengths = [], [], []
    for start, counts, mean in _blocks(modality, domain, seed):
        row, column = np.nonzero(counts)
        data.append(counts[row, column].astype(np.float32))
        indices.append(column.astype(np.int32))
        lengths.append(np.bincount(row, minlength=len(counts)))
        if kept is not None:
            kept[start : start + len(mean)] = mean
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    index = np.int32 if indptr[-1] <= np.iinfo(np.int32).max else np.int64
    values = np.concatenate(data)
    data.clear()
    columns = np.concatenate(indices).astype(index, copy=False)
    return sparse.csr_matrix((values, columns, indptr.astype(index)), shape=shape), kept


def _blocks(modality: Modality, domain: np.ndarray, seed: list[int]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Where a block starts, its counts and its means."""
    for number, start in enumerate(range(0, len(domain), BLOCK)):
        rng = np.random.default_rng([*seed, number])
        of = domain[start : start + BLOCK]
        size = (len(of), modality.log_mean.shape[1])
        log_mean = (
            modality.log_mean[of] + rng.standard_normal((size[0], PROGRAMS), dtype=np.float32) @ modality.programs
        )
        log_mean += np.float32(modality.library) * rng.standard_normal((size[0], 1), dtype=np.float32)
        mean = np.exp(log_mean, out=log_mean)
        rate = mean * (rng.standard_gamma(modality.dispersion, size=size, dtype=np.float32) / modality.dispersion)
        counts = rng.poisson(rate)
        counts[rng.random(size, dtype=np.float32) < modality.dropout] = 0
        yield start, counts, mean
