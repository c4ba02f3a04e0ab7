"""The methods that are compared, one file each, behind one registry.

A method is a function ``fit(tissue, seed, **options)`` that returns a :class:`Fit`. It sees a
:class:`~benchmarks.tissue.Tissue`: the same features, coordinates and number of domains for all, and no label.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Fit:
    """What a method found.

    Parameters
    ----------
    embedding
        Shape (n, d).
    labels
        Domains by the method's own read-out, shape (n,), or None where it has none.
    note
        What the reader of the table should know of this run.
    """

    embedding: np.ndarray
    labels: np.ndarray | None = None
    note: str = ""


@dataclass(frozen=True)
class Method:
    """Where a method's code is, and what it needs.

    Parameters
    ----------
    module
        Module of this package that holds its ``fit``.
    options
        Passed to ``fit``.
    packages
        What it is made of; their versions are part of what makes a finished run current.
    rival
        Whether it runs in the environment of the rivals, or else in spamca's.
    random
        Whether the seed changes the embedding. Where not, it is fitted once, and the seeds vary the read-out alone.
    own
        Its own read-out: ``"labels"`` that it returns, ``"mclust"`` (as the benchmark reads all of them), or None.
    checkout
        Environment variable that names a checkout of its code, where there is no package.
    fewest
        Smallest number of modalities that it can be run on.
    most_spots
        Largest tissue that it is run on.
    follows_code
        Whether it is run again whenever spamca's code changes.
    """

    module: str
    options: dict[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    rival: bool = True
    random: bool = True
    own: str | None = "labels"
    checkout: str | None = None
    fewest: int = 1
    most_spots: float = math.inf
    follows_code: bool = False


SINGLE = "single:"
"""Begins the names of the methods that take one modality alone, for each modality of a tissue."""

SMOOTHING = {"": 0, " smoothed k=6": 2, " smoothed k=6, 8 hops": 8}
"""What follows the modality in such a name, and over how many hops its features are smoothed."""

METHODS: dict[str, Method] = {
    "spamca": Method("spamca_default", packages=("spamca", "torch"), rival=False, follows_code=True),
    "concatenated": Method("smoothed", {"hops": 0}, random=False, own=None),
    "smoothed k=3": Method("smoothed", {"k": 3, "hops": 2}, random=False, own=None),
    "smoothed k=6": Method("smoothed", {"hops": 2}, random=False, own=None),
    "smoothed k=6, 8 hops": Method("smoothed", {"hops": 8}, random=False, own=None),
    "MOFA+": Method("mofa", packages=("mofapy2", "muon"), own=None, fewest=2),
    "WNN": Method("wnn", packages=("muon", "scanpy", "igraph"), fewest=2),
    "SpatialGlue": Method("spatialglue", packages=("SpatialGlue", "torch"), own="mclust", fewest=2),
    "CellCharter": Method("cellcharter", packages=("cellcharter", "squidpy")),
    "SpaMCA (published)": Method("spamca_published", packages=("spamca", "torch"), rival=False, fewest=2),
    "PRAGA": Method("praga", own="mclust", checkout="PRAGA_PATH", fewest=2, most_spots=4_000),
    "COSMOS": Method("cosmos", checkout="COSMOS_PATH", fewest=2, most_spots=4_000),
}
"""Methods by the name in the table. A new one is a file and a line here."""


def method_of(name: str) -> Method:
    """The method of that name; a single modality's is made on the way."""
    if name.startswith(SINGLE):
        smoothing = smoothing_of(name)
        modality = name.removeprefix(SINGLE).removesuffix(smoothing)
        return Method("single", {"modality": modality, "hops": SMOOTHING[smoothing]}, random=False, own=None)
    return METHODS[name]


def smoothing_of(name: str) -> str:
    """The smoothing that the name of a single modality's method ends with."""
    return max((ending for ending in SMOOTHING if name.endswith(ending)), key=len)


def names_for(modalities: list[str]) -> list[str]:
    """Names of all methods that a tissue with these modalities can be given to."""
    alone = modalities if len(modalities) > 1 else []
    singles = [SINGLE + name + smoothing for smoothing in SMOOTHING for name in alone]
    return singles + [name for name, method in METHODS.items() if len(modalities) >= method.fewest]
