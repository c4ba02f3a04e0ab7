"""Measures of a partition that need no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca._checks import check_seed
from spamca.metrics._labels import check_arrays, codes, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike


def coherence(
    labels: ArrayLike,
    spatial: ArrayLike,
    *,
    embedding: ArrayLike | None = None,
    library: ArrayLike | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> dict[str, float]:
    """Coherence of domains in the tissue and in an embedding; no known labels are needed.

    Smooth is not right: a straight cut through the tissue scores best on all but the silhouette. Use these measures to
    compare partitions that agree equally well with what is known. Spots without a label are left out. Time and memory
    are linear in the number of spots.

    Parameters
    ----------
    labels, spatial
        Domains, (n_spots,), and coordinates, (n_spots, 2).
    embedding
        Where the silhouette is measured, (n_spots, n_latent); without it there is none.
    library
        Section of each spot, (n_spots,); spots of different sections are never neighbours.
    random_state
        Seed of the sample of 5,000 spots that stands for larger tissue in the silhouette.

    Returns
    -------
    dict[str, float]
        - ``"silhouette"``: distance to the nearest other domain against that within the own one, -1 to 1 (Rousseeuw 1987);
        - ``"Moran's I"`` of the indicators of the domains over six nearest spots, averaged over domains; 0 for labels at random,
          1 at best (Moran 1950);
        - ``"PAS"``: share of spots that differ from more than half of their ten nearest; lower is smoother (Shang and Zhou 2022);
        - ``"CHAOS"``: mean distance to the nearest spot of the same domain, coordinates scaled to unit variance; lower is
          smoother, but it falls with the density of spots too, so compare on one tissue only (Shang and Zhou 2022).

        The first two are NaN for a single domain.

    Raises
    ------
    ValueError
        If the lengths differ, or no spot has a label.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3)
    >>> measures = spamca.metrics.coherence(mdata.obs["label"], mdata.obsm["spatial"])
    >>> list(measures)
    ["Moran's I", 'PAS', 'CHAOS']
    >>> measures["PAS"] < 0.1
    True
    """
    random_state = check_seed(random_state)
    check_arrays(labels=labels, spatial=spatial, embedding=embedding, library=library)
    numbers = codes(labels)
    known = numbers >= 0
    if not known.any():
        msg = "labels has no spot with a label"
        raise ValueError(msg)
    numbers, at = numbers[known], np.asarray(spatial, dtype=np.float64)[known]
    section = np.zeros(len(at)) if library is None else codes(library)[known]
    sections = [np.flatnonzero(section == name) for name in np.unique(section)]
    measures = {}
    if embedding is not None:
        measures["silhouette"] = _silhouette(numbers, np.asarray(embedding)[known], random_state)
    measures["Moran's I"] = _morans_i(numbers, at, sections)
    measures["PAS"] = _pas(numbers, at, sections)
    measures["CHAOS"] = _chaos(numbers, at, sections)
    return {name: float(value) for name, value in measures.items()}


def _silhouette(labels: np.ndarray, embedding: np.ndarray, random_state: int) -> float:
    from sklearn.metrics import silhouette_score

    # Not scikit-learn's own sample_size: it raises where the sample happens to hold one domain only.
    rows = sample(len(labels), random_state)
    labels, embedding = labels[rows], embedding[rows]
    return silhouette_score(embedding, labels) if 1 < len(np.unique(labels)) < len(labels) else np.nan


def _morans_i(labels: np.ndarray, spatial: np.ndarray, sections: list[np.ndarray]) -> float:
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import OneHotEncoder

    indicators = OneHotEncoder(sparse_output=False).fit_transform(labels[:, None]).T
    if indicators.shape[0] < 2:
        return np.nan
    edges = [np.empty((2, 0), dtype=np.int64)]
    for rows, near, _ in _nearest(spatial, sections, 6):
        edges.append(np.stack([np.repeat(rows, near.shape[1]), near.ravel()]))
    row, column = np.concatenate(edges, axis=1)
    apart = (indicators - indicators.mean(axis=1, keepdims=True)).T  # (n, n_domains)
    around = csr_matrix((np.ones(len(row)), (row, column)), shape=[len(labels)] * 2) @ apart
    return np.mean(len(labels) / len(row) * (apart * around).sum(axis=0) / np.square(apart).sum(axis=0))


def _pas(labels: np.ndarray, spatial: np.ndarray, sections: list[np.ndarray]) -> float:
    abnormal = 0
    for rows, near, _ in _nearest(spatial, sections, 10):
        abnormal += int(((labels[near] != labels[rows, None]).sum(axis=1) > near.shape[1] / 2).sum())
    return abnormal / len(labels)


def _chaos(labels: np.ndarray, spatial: np.ndarray, sections: list[np.ndarray]) -> float:
    from sklearn.preprocessing import StandardScaler

    scaled = np.empty_like(spatial)
    for rows in sections:
        scaled[rows] = StandardScaler().fit_transform(spatial[rows])
    domains = [rows[labels[rows] == label] for rows in sections for label in np.unique(labels[rows])]
    return sum(distance.sum() for *_, distance in _nearest(scaled, domains, 1)) / len(labels)


def _nearest(points: np.ndarray, groups: list[np.ndarray], k: int) -> Iterator[tuple[np.ndarray, ...]]:
    """For each group of two or more its members (n,), and the ``k`` nearest others of each (n, k) with distances."""
    from sklearn.neighbors import NearestNeighbors

    for rows in groups:
        if len(rows) > 1:
            distance, near = NearestNeighbors(n_neighbors=min(k, len(rows) - 1)).fit(points[rows]).kneighbors()
            yield rows, rows[near], distance
