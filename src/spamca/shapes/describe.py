"""What the domains of one section are like: sizes, pieces, borders, shapes, composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.shapes.borders import at_border, pieces
from spamca.shapes.footprints import footprints
from spamca.shapes.measures import measures
from spamca.shapes.outlines import outlines_of

if TYPE_CHECKING:
    from scipy import sparse
    from shapely import MultiPolygon

SHAPE = ("perimeter", "linearity", "elongation", "curl")


def describe(
    coords: np.ndarray, adjacency: sparse.csr_matrix, labels: np.ndarray, n_domains: int
) -> dict[str, np.ndarray]:
    r"""Measures of each domain of a section, each an array (n_domains,).

    Parameters
    ----------
    coords
        Coordinates of the spots, (n_spots, 2).
    adjacency
        Spatial graph, symmetric, (n_spots, n_spots).
    labels
        Domain of each spot, integers (n_spots,), -1 for none.
    n_domains
        Number of domains; those without a spot have zeros, and NaN where there is nothing to measure.

    Returns
    -------
    ``n_spots``; ``share`` of the spots that have a domain; ``n_pieces`` of the graph; ``largest_piece``, its share of the spots
    of the domain; ``n_border_spots``, those next to another domain; ``area`` of all footprints; ``perimeter``, ``linearity``,
    ``elongation`` and ``curl`` (:mod:`spamca.shapes.measures`); and with :math:`O` the outline without its holes,

    .. math:: \text{purity}_k = \frac{|\{i: l_i = k, x_i \in O_k\}|}{|\{i: l_i \ge 0, x_i \in O_k\}|}.
    """
    has = labels >= 0
    n_spots = np.bincount(labels[has], minlength=n_domains)
    piece = pieces(adjacency, labels)
    owner = labels[has][np.unique(piece[has], return_index=True)[1]]
    largest = np.zeros(n_domains)
    np.maximum.at(largest, owner, np.bincount(piece[has]))
    found = footprints(coords)
    areas = found.areas(coords)
    outline = outlines_of(found, coords, labels)
    shape = {k: measures(one, np.median(areas), found.spacing) for k, one in outline.items()}
    with np.errstate(invalid="ignore"):
        return {
            "n_spots": n_spots,
            "share": n_spots / n_spots.sum(),
            "n_pieces": np.bincount(owner, minlength=n_domains),
            "largest_piece": largest / n_spots,
            "n_border_spots": np.bincount(labels[at_border(adjacency, labels)], minlength=n_domains),
            "area": np.bincount(labels[has], areas[has], n_domains),
            **{name: np.array([shape[k][name] if k in shape else np.nan for k in range(n_domains)]) for name in SHAPE},
            "purity": np.array([_purity(coords, labels, k, outline.get(k)) for k in range(n_domains)]),
        }


def composition(parts: np.ndarray, labels: np.ndarray, n_domains: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""What each domain of a section is made of, and how that compares with the section.

    .. math:: s_{kc} = \frac{1}{n_k} \sum_{i: l_i = k} y_{ic}, \qquad e_c = \frac{1}{n} \sum_{i: l_i \ge 0} y_{ic}, \qquad
        r_{kc} = \log_2 \frac{n_k s_{kc} + e_c}{(n_k + 1)\, e_c}

    with :math:`y` the share of each part (say, a cell type) in each spot, ``parts`` (n_spots, n_parts), one entry 1 where a spot
    is one cell. Spots with NaN do not count. One spot like the section is added to each domain, so that few spots are no large
    enrichment.

    Returns
    -------
    ``s`` (n_domains, n_parts), NaN without spots; ``e`` (n_parts,), and ``r`` (n_domains, n_parts), NaN where the
    section lacks the part.
    """
    known = (labels >= 0) & np.isfinite(parts).all(axis=1)
    total = np.zeros((n_domains, parts.shape[1]))
    np.add.at(total, labels[known], parts[known])
    n_spots = np.bincount(labels[known], minlength=n_domains)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = total.sum(axis=0) / n_spots.sum()
        share = total / n_spots
        ratio = np.where(n_spots > 0, np.log2((total + expected) / ((n_spots + 1) * expected)), np.nan)
    return share, expected, ratio


def _purity(coords: np.ndarray, labels: np.ndarray, k: int, outline: MultiPolygon | None) -> float:
    if outline is None:
        return np.nan
    import shapely

    filled = shapely.union_all([shapely.Polygon(piece.exterior) for piece in outline.geoms])
    shapely.prepare(filled)
    inside = shapely.contains_xy(filled, *coords.T) & (labels >= 0)
    return float((labels[inside] == k).mean()) if inside.any() else np.nan
