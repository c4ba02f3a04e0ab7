r"""Counts of one modality.

.. math:: Y_{ij} \sim B_{ij}\, \mathrm{NB}(\mu_{ij}, \theta), \qquad
    \mu_{ij} = s_i \exp(\beta_j + \delta_{c_i j} + u_i^\top v_j)

with :math:`\beta` the level of a feature, :math:`\delta` the shift of a domain class in its marker features, :math:`u v`
programs that ignore place in the tissue, :math:`s` the library size and :math:`B` dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

BLOCK = 4096  # spots drawn together; fixed, because each block has its own stream of random numbers
SECTION_STREAM = 2**31  # stream of random numbers for the shifts of sections, beyond those of the blocks
PROGRAMS = 3
PROGRAM_STRENGTH = (0.1, 0.4)  # standard deviation of the log fold change by all programs, at difficulty 0 and 1


@dataclass(frozen=True)
class Kind:
    """How counts of one kind of omics look; pairs are values at difficulty 0 and 1."""

    n_features: int  # if the user names none
    level: float  # median of the mean count of a feature
    spread: float  # standard deviation of the log mean over features
    markers: float  # share of the features that differ between domains
    signal: tuple[float, float]  # standard deviation of the log fold change of a marker
    dispersion: tuple[float, float]  # of the negative binomial, whose variance is mean + mean² / dispersion
    library: tuple[float, float]  # standard deviation of the log library size
    dropout: tuple[float, float]  # probability that a count is lost
    feature_types: str  # what 10x readers call such features

    def name(self, i: int) -> str:
        """Name of feature i."""
        if self.feature_types == "Peaks":
            return f"chr{i % 19 + 1}:{10_000 * (i // 19 + 1)}-{10_000 * (i // 19 + 1) + 500}"
        return f"{'gene' if self.feature_types == 'Gene Expression' else 'protein'}{i + 1}"


# Kinds of omics by the name that the user gives.
KINDS = {
    "rna": Kind(300, 1.0, 1.0, 0.3, (0.85, 0.3), (5.0, 1.0), (0.2, 0.5), (0.1, 0.5), "Gene Expression"),
    "protein": Kind(60, 20.0, 1.0, 0.5, (0.75, 0.25), (8.0, 1.5), (0.2, 0.5), (0.0, 0.2), "Antibody Capture"),
    "atac": Kind(600, 0.3, 0.8, 0.3, (0.95, 0.35), (5.0, 1.0), (0.2, 0.6), (0.1, 0.5), "Peaks"),
}


@dataclass(frozen=True)
class Modality:
    """What is the same for all spots of one modality."""

    log_mean: np.ndarray  # log mean count, in each domain of each section, (n_sections * n_domains, n_features)
    marker: np.ndarray  # which features differ between domains, (n_features,)
    programs: np.ndarray  # loadings of the programs that ignore place, (n_programs, n_features)
    dispersion: float
    library: float
    dropout: float


def draw_modality(
    kind: Kind,
    classes: np.ndarray,
    n_features: int,
    difficulty: float,
    seed: list[int],
    *,
    n_sections: int = 1,
    batch_effect: float = 0.0,
) -> Modality:
    """Draw levels, markers and programs; ``classes`` is the class of each domain, (n_domains,).

    With several sections, each shifts every feature by ``batch_effect``, a standard deviation; row ``n_domains * s + c``
    of the log means is then domain c in section s.
    """
    rng = np.random.default_rng(seed)

    def at(ends: tuple[float, float]) -> float:
        return float(ends[0] + difficulty * (ends[1] - ends[0]))

    level = np.log(kind.level) + kind.spread * rng.normal(size=n_features)
    marker = np.zeros(n_features, dtype=bool)
    marker[rng.permutation(n_features)[: max(1, round(kind.markers * n_features))]] = True
    shift = at(kind.signal) * rng.normal(size=(len(classes), n_features)) * marker
    programs = at(PROGRAM_STRENGTH) * rng.normal(size=(PROGRAMS, n_features)) / np.sqrt(PROGRAMS)
    log_mean = (level + shift[classes]).astype(np.float32)
    if n_sections > 1:
        section_rng = np.random.default_rng([*seed, SECTION_STREAM])
        log_mean = log_mean + batch_effect * section_rng.normal(size=(n_sections, 1, n_features))
    return Modality(
        log_mean=log_mean.reshape(-1, n_features).astype(np.float32),
        marker=marker,
        programs=programs.astype(np.float32),
        dispersion=at(kind.dispersion),
        library=at(kind.library),
        dropout=at(kind.dropout),
    )


def draw_counts(
    modality: Modality, domain: np.ndarray, seed: list[int], *, means: bool
) -> tuple[sparse.csr_matrix, np.ndarray | None]:
    """Draw the counts of all spots block by block: (n_spots, n_features), float32, and with ``means`` their means, dense.

    ``domain`` is the row of the log means of each spot, (n_spots,). Each block adds its number to the seed.
    """
    kept = np.empty((len(domain), modality.log_mean.shape[1]), dtype=np.float32) if means else None
    blocks = []
    for number, start in enumerate(range(0, len(domain), BLOCK)):
        rng = np.random.default_rng([*seed, number])
        log_mean = modality.log_mean[domain[start : start + BLOCK]]
        size = log_mean.shape
        log_mean += rng.standard_normal((size[0], PROGRAMS), dtype=np.float32) @ modality.programs
        log_mean += np.float32(modality.library) * rng.standard_normal((size[0], 1), dtype=np.float32)
        mean = np.exp(log_mean, out=log_mean)
        rate = mean * (rng.standard_gamma(modality.dispersion, size=size, dtype=np.float32) / modality.dispersion)
        counts = rng.poisson(rate)
        counts[rng.random(size, dtype=np.float32) < modality.dropout] = 0
        blocks.append(sparse.csr_matrix(counts, dtype=np.float32))
        if kept is not None:
            kept[start : start + BLOCK] = mean
    return sparse.vstack(blocks, format="csr"), kept
