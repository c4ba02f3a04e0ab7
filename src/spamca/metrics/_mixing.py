"""How far sections are mixed, and what is kept of the tissue in doing so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._checks import check_seed
from spamca.metrics._labels import check_arrays, codes, sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mixing(
    library: ArrayLike,
    *,
    domains: ArrayLike | None = None,
    embedding: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> dict[str, float]:
    r"""Mixing of sections in domains and in an embedding, and how far the embedding keeps known labels apart.

    Mixed is not right: an embedding of noise mixes best, so read mixing together with what is kept. Where sections do
    not hold the same tissue, they should not mix in full. Time and memory are linear in the number of spots.

    Parameters
    ----------
    library, domains
        Section and domain of each spot, (n_spots,) each.
    embedding
        Where neighbours are sought, (n_spots, n_latent).
    labels
        Known labels, (n_spots,); spots without one are left out of what they measure.
    random_state
        Seed of the sample of 5,000 spots that stands for larger tissue.

    Returns
    -------
    dict[str, float]
        Of these, what the arguments allow:

        - ``"section entropy"``, with domains: entropy of the sections within domains, H(section | domain) / H(section), which is one
          less their homogeneity; 1 if every domain has the same share of each section, 0 if no domain is shared;
        - ``"iLISI"``, with an embedding: effective number of sections around a spot (Korsunsky et al. 2019), the median scaled to
          0 (one section) and 1 (all, in equal shares), as Luecken et al. (2022) do;
        - ``"cLISI"``, with an embedding and labels: the same of the labels, scaled to 1 if the surroundings of a spot have one label;
          NaN if all spots have the same.

    Raises
    ------
    TypeError
        If a MuData is given; :func:`spamca.metrics.score` takes one.
    ValueError
        If the lengths differ, or there are fewer than two sections.

    Examples
    --------
    >>> import numpy as np
    >>> import spamca
    >>> library = np.repeat(["a", "b"], 200)
    >>> mixed = np.random.default_rng(0).normal(size=(400, 2))
    >>> spamca.metrics.mixing(library, embedding=mixed)["iLISI"] > 0.9
    True
    """
    from sklearn.metrics import homogeneity_score

    random_state = check_seed(random_state)
    check_arrays(library=library, domains=domains, embedding=embedding, labels=labels)
    names, sections = np.unique(np.asarray(library).astype(str), return_inverse=True)
    if len(names) < 2:
        msg = f"library must name two sections at least, got {len(names)}; leave mixing out where there is one"
        raise ValueError(msg)
    measures = {}
    if domains is not None:
        numbers = codes(domains)
        known = numbers >= 0
        measures["section entropy"] = 1 - homogeneity_score(sections[known], numbers[known])
    if embedding is not None:
        points = np.asarray(embedding)
        measures["iLISI"] = (_lisi(sections, points, random_state) - 1) / (len(names) - 1)
        if labels is not None:
            numbers = codes(labels)
            known = numbers >= 0
            n_labels = len(np.unique(numbers[known]))
            around = _lisi(numbers[known], points[known], random_state) if n_labels > 1 else np.nan
            measures["cLISI"] = (n_labels - around) / max(n_labels - 1, 1)
    return {name: float(value) for name, value in measures.items()}


def _lisi(groups: np.ndarray, embedding: np.ndarray, random_state: int) -> float:
    r"""Median over spots of the local inverse Simpson's index, from 1 to the number of groups.

    .. math:: \mathrm{LISI}_i = \Big(\sum_g \big(\sum_{j: g_j = g} p_{ij}\big)^2\Big)^{-1}

    over the 90 nearest spots, :math:`p_{ij} \propto \exp(-\beta_i d_{ij})` of a perplexity of a third of their number.
    """
    from sklearn.neighbors import NearestNeighbors

    rows, k = sample(len(groups), random_state), min(90, len(groups) - 1)
    distance, neighbors = NearestNeighbors(n_neighbors=k + 1).fit(embedding).kneighbors(embedding[rows])
    # Where others lie on its point, a spot may not be the first of its own neighbours, or not among them.
    own = neighbors == rows[:, None]
    own[~own.any(axis=1), -1] = True
    share, around = _kernel(distance[~own].reshape(-1, k), max(k / 3, 1.0)), groups[neighbors[~own].reshape(-1, k)]
    simpson = sum(np.square((share * (around == group)).sum(axis=1)) for group in np.unique(groups))
    return float(np.median(1 / simpson))


def _kernel(distance: np.ndarray, perplexity: float) -> np.ndarray:
    """Weights p (n, k) of a wanted perplexity, where distances allow it; scikit-learn keeps its own search private."""
    from scipy.special import softmax
    from scipy.stats import entropy

    scale = distance.mean(axis=1, keepdims=True)
    distance = distance / np.where(scale > 0, scale, 1)
    low, high = np.full((len(distance), 1), -20.0), np.full((len(distance), 1), 20.0)
    for _ in range(50):  # bisection of the logarithm of beta
        middle = (low + high) / 2
        share = softmax(-np.exp(middle) * distance, axis=1)
        wide = entropy(share, axis=1, keepdims=True) > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return share
