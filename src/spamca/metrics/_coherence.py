"""Measures of a partition that need no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.metrics._chaos import chaos
from spamca.metrics._labels import check_same_length, codes
from spamca.metrics._morans_i import morans_i
from spamca.metrics._pas import pas
from spamca.metrics._silhouette import silhouette

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def coherence(
    labels: ArrayLike,
    spatial: ArrayLike,
    *,
    embedding: ArrayLike | None = None,
    library: ArrayLike | None = None,
    random_state: int = 0,
) -> dict[str, float]:
    """Coherence of domains in the tissue and in an embedding; no known labels are needed.

    Smooth is not right: a straight cut through the tissue scores best on all but the silhouette. Use these measures to
    compare partitions that agree equally well with what is known. Spots without a label are left out. Time and memory are
    linear in the number of spots.

    Parameters
    ----------
    labels
        Domains, shape (n_spots,).
    spatial
        Coordinates, shape (n_spots, 2).
    embedding
        Where the silhouette is measured, shape (n_spots, n_latent); without it there is none.
    library
        Section of each spot, shape (n_spots,); spots of different sections are never neighbours.
    random_state
        Seed of the sample of 5,000 spots that stands for larger tissue in the silhouette.

    Returns
    -------
    - ``"silhouette"``: distance to the next domain against that within the own one, -1 to 1 (Rousseeuw 1987);
    - ``"Moran's I"``: of the indicators of the domains over six nearest spots, averaged over domains; 0 for labels strewn
      at random, 1 at best (Moran 1950);
    - ``"PAS"``: share of spots that differ from more than half of their ten nearest; lower is smoother (Shang and
      Zhou 2022);
    - ``"CHAOS"``: mean distance to the nearest spot of the same domain, coordinates scaled to unit variance; lower is
      smoother (Shang and Zhou 2022).

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
    numbers, at = codes(labels), np.asarray(spatial, dtype=np.float64)
    given = {} if embedding is None else {"embedding": np.asarray(embedding)}
    if library is not None:
        given["library"] = codes(library)
    check_same_length(labels=numbers, spatial=at, **given)
    known = numbers >= 0
    if not known.any():
        msg = "labels has no spot with a label"
        raise ValueError(msg)
    numbers, at = numbers[known], at[known]
    given = {name: array[known] for name, array in given.items()}
    sections = given.get("library")
    measures = {
        "Moran's I": morans_i(numbers, at, sections),
        "PAS": pas(numbers, at, sections),
        "CHAOS": chaos(numbers, at, sections),
    }
    if "embedding" in given:
        measures = {"silhouette": silhouette(numbers, given["embedding"], random_state=random_state)} | measures
    return {name: float(value) for name, value in measures.items()}
