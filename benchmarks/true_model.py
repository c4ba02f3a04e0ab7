r"""The model that a tissue of ``spamca.datasets.simulated`` was drawn from: what its counts show of the domains.

In domain k a modality has counts :math:`y_j`, negative binomial of mean :math:`\exp(\beta_{kj} + a_j^\top t)` and lost with a known
probability, where :math:`t \sim N(0, I)` holds the programs without place and the library size of the spot. The marginal
likelihood over t is Laplace's approximation. Borders enter by a Potts model over the spatial graph, whose strength is fitted to the
true map, and mean field: an approximation, as the map was not drawn from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, log_softmax, softmax

if TYPE_CHECKING:
    from mudata import MuData
    from scipy.sparse import spmatrix

    from spamca.datasets._counts import Modality

N_STEPS, LONGEST = 25, 1.0
"""Steps towards the mode of t, and the longest of them."""

N_ROUNDS = 30
STRENGTHS = np.linspace(0, 3, 31)


def modalities_of(mdata: MuData) -> dict[str, Modality]:
    """The fixed part of each modality, drawn again from the seeds that the tissue names; of tissue in one section."""
    from spamca.datasets._counts import KINDS, draw_modality
    from spamca.datasets._tissue import seen_as

    simulation = mdata.uns["simulation"]
    classes = seen_as(int(simulation["n_domains"]), len(simulation["kinds"]))
    found = {}
    for i, (name, kind) in enumerate(simulation["kinds"].items()):
        seed = [int(simulation["random_state"]), 2 + i]
        found[name] = draw_modality(KINDS[kind], classes[:, i], mdata[name].n_vars, simulation["difficulty"], seed)
    return found


def log_likelihoods(counts: np.ndarray, model: Modality) -> np.ndarray:
    """Log marginal likelihood of each spot's counts in each domain, shape (n_spots, n_domains)."""
    design = np.vstack([model.programs, np.full(counts.shape[1], model.library)]).astype(np.float64).T
    return np.column_stack([_laplace(counts, mean, design, model) for mean in model.log_mean.astype(np.float64)])


def _laplace(counts: np.ndarray, log_mean: np.ndarray, design: np.ndarray, model: Modality) -> np.ndarray:
    t = np.zeros((len(counts), design.shape[1]))
    for _ in range(N_STEPS):
        _, slope, weight = _point(counts, log_mean + t @ design.T, model)
        curvature = np.einsum("ij,ja,jb->iab", weight, design, design, optimize=True) + np.eye(design.shape[1])
        step = np.linalg.solve(curvature, (slope @ design - t)[..., None])[..., 0]
        t += step * np.minimum(1, LONGEST / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12))
    value, _, weight = _point(counts, log_mean + t @ design.T, model)
    curvature = np.einsum("ij,ja,jb->iab", weight, design, design, optimize=True) + np.eye(design.shape[1])
    return value.sum(axis=1) - 0.5 * np.square(t).sum(axis=1) - 0.5 * np.linalg.slogdet(curvature)[1]


def _point(counts: np.ndarray, eta: np.ndarray, model: Modality) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log probability of each count but for a constant of the count, its slope in eta, and its expected curvature."""
    mean, size, lost = np.exp(np.clip(eta, -30, 15)), model.dispersion, model.dropout
    value = counts * (np.log(mean) - np.log(size + mean)) + size * np.log(size / (size + mean))
    value += gammaln(counts + size) - gammaln(size)
    zero = counts == 0
    drawn = (1 - lost) * np.exp(np.where(zero, value, 0))  # of a zero, that it was drawn and not lost
    there = np.where(zero, drawn / (lost + drawn), 1.0)
    value = np.where(zero, np.log(lost + drawn), value + np.log1p(-lost))
    return value, there * size * (counts - mean) / (size + mean), there * size * mean / (size + mean)


def evidence_of(mdata: MuData) -> dict[str, np.ndarray]:
    """``log_likelihoods`` of every modality."""
    dense = {name: mdata[name].X.toarray().astype(np.float64) for name in mdata.mod}
    return {name: log_likelihoods(dense[name], model) for name, model in modalities_of(mdata).items()}


def posterior(evidence: np.ndarray, truth: np.ndarray, graph: spmatrix) -> np.ndarray:
    """Probability of each domain given all counts, shape (n_spots, n_domains); ``truth`` fits the strength of the borders only."""
    n_domains = evidence.shape[1]
    around = graph.astype(float) @ np.eye(n_domains)[truth]
    fit = [log_softmax(b * around, axis=1)[np.arange(len(truth)), truth].sum() for b in STRENGTHS]
    strength, found = STRENGTHS[int(np.argmax(fit))], softmax(evidence, axis=1)
    for _ in range(N_ROUNDS):
        found = 0.5 * found + 0.5 * softmax(evidence + strength * (graph.astype(float) @ found), axis=1)
    return found


def information(evidence: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one modality shows of each domain, in nats.

    Returns
    -------
    Expected log likelihood ratio of a spot's domain against all others alike, which a domain that looks the same bounds, and
    the mean symmetrised divergence from the others, which it does not; both of shape (n_domains,).
    """
    n_domains = evidence.shape[1]
    means = np.array([evidence[truth == k].mean(axis=0) for k in range(n_domains)])  # of the domain, under another
    ratio = np.empty(n_domains)
    for k in range(n_domains):
        of = evidence[truth == k]
        others = np.delete(of, k, axis=1)
        top = others.max(axis=1, keepdims=True)
        ratio[k] = (of[:, k] - top[:, 0] - np.log(np.exp(others - top).mean(axis=1))).mean()
    apart = np.diag(means)[:, None] - means
    return ratio, (apart + apart.T).sum(axis=1) / 2 / (n_domains - 1)
