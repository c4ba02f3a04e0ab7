"""How far sections are mixed, and what is kept of the tissue in doing so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.metrics._labels import check_not_tissue, check_same_length, codes
from spamca.metrics._lisi import lisi

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mixing(
    library: ArrayLike,
    *,
    domains: ArrayLike | None = None,
    embedding: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    random_state: int = 0,
) -> dict[str, float]:
    r"""Mixing of sections in domains and in an embedding, and how far the embedding keeps known labels apart.

    Mixed is not right: an embedding of noise mixes best, so that mixing is worth as much as what is kept. Where sections do not
    hold the same tissue, they should not mix in full. Time and memory are linear in the number of spots.

    Parameters
    ----------
    library
        Section of each spot, shape (n_spots,).
    domains
        Domains, shape (n_spots,).
    embedding
        Where neighbours are sought, shape (n_spots, n_latent).
    labels
        Known labels, shape (n_spots,); spots without one are left out of what they measure.
    random_state
        Seed of the sample of 5,000 spots that stands for larger tissue.

    Returns
    -------
    Of these, what the arguments tell:

    - ``"section entropy"``, with domains: entropy of the sections within domains, H(section | domain) / H(section); 1 where
      every domain has the same share of each section, 0 where no domain is shared (one less the homogeneity of Rosenberg and
      Hirschberg 2007);
    - ``"iLISI"``, with an embedding: effective number of sections around a spot (Korsunsky et al. 2019), the median over spots
      scaled to 0 (one section) and 1 (all, in equal shares), as Luecken et al. (2022) do;
    - ``"cLISI"``, with an embedding and labels: the same of the labels, scaled to 1 where the surroundings of a spot have one
      label.

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
    >>> apart = mixed + 10 * (library == "b")[:, None]
    >>> spamca.metrics.mixing(library, embedding=mixed)["iLISI"] > 0.9
    True
    >>> round(spamca.metrics.mixing(library, embedding=apart)["iLISI"], 2)
    0.0
    """
    import pandas as pd
    from sklearn.metrics import homogeneity_score

    check_not_tissue(library)
    sections = pd.factorize(np.asarray(library).astype(str))[0]
    given = {"domains": domains, "labels": labels}
    numbers = {name: codes(values) for name, values in given.items() if values is not None}
    points = {} if embedding is None else {"embedding": np.asarray(embedding)}
    check_same_length(library=sections, **numbers, **points)
    n_sections = len(np.unique(sections))
    if n_sections < 2:
        msg = f"library must name two sections at least, got {n_sections}; leave mixing out where there is one"
        raise ValueError(msg)
    measures = {}
    if domains is not None:
        known = numbers["domains"] >= 0
        measures["section entropy"] = 1 - homogeneity_score(sections[known], numbers["domains"][known])
    if embedding is not None:
        around = lisi(sections, points["embedding"], random_state=random_state)
        measures["iLISI"] = (np.median(around) - 1) / (n_sections - 1)
    if embedding is not None and labels is not None:
        measures["cLISI"] = _separation(numbers["labels"], points["embedding"], random_state)
    return {name: float(value) for name, value in measures.items()}


def _separation(labels: np.ndarray, embedding: np.ndarray, random_state: int) -> float:
    known = labels >= 0
    n_labels = len(np.unique(labels[known]))
    if n_labels < 2:
        return float("nan")
    around = lisi(labels[known], embedding[known], random_state=random_state)
    return (n_labels - np.median(around)) / (n_labels - 1)
