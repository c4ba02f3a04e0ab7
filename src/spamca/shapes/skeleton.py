r"""Linearity of a piece of tissue: how much of its skeleton is one line.

.. math:: \text{linearity} = \frac{\max(\text{longest path}, \text{longest cycle})}{\text{length of the skeleton}}

as in CellCharter (Varrone et al. 2024, doi:10.1038/s41588-023-01588-4). The skeleton is that of scikit-image (Zhang and Suen
1984), less branches shorter than :data:`SHORT` of its length. 1 is one line or one ring, 0.5 a cross of four equal arms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import networkx as nx
    from shapely import Polygon

PIXELS = 200
"""Pixels along the longer side of the image of a piece: more do not change the result by more than a hundredth."""

SHORT = 0.05
"""Share of the skeleton below which a branch is part of the border's roughness, as in CellCharter."""


def linearity(polygon: Polygon) -> float:
    """Linearity of one piece; NaN where the skeleton is a point, as that of a perfect disc."""
    import networkx as nx

    graph = _skeleton(polygon)
    _prune(graph)
    total = graph.size(weight="weight")
    if not total:
        return np.nan
    start = next(iter(graph))
    for _ in range(2):  # the farthest from the farthest: exact where there is no cycle
        lengths = nx.single_source_dijkstra_path_length(graph, start)
        start = max(lengths, key=lambda node: lengths[node])
    cycles = [nx.path_weight(graph, [*cycle, cycle[0]], "weight") for cycle in nx.cycle_basis(graph)]
    return float(min(1, max(lengths[start], *cycles, 0) / total))


def _skeleton(polygon: Polygon) -> nx.Graph:
    """Pixels of the skeleton, joined to those next to them; diagonals only where no pixel lies between."""
    import networkx as nx
    from PIL import Image, ImageDraw
    from skimage.morphology import skeletonize

    low, high = np.reshape(polygon.bounds, (2, 2))
    scale = PIXELS / (high - low).max()
    width, height = ((high - low) * scale).astype(int) + 3
    image = Image.new("L", (int(width), int(height)))
    draw = ImageDraw.Draw(image)
    for ring, fill in [(polygon.exterior, 1), *((hole, 0) for hole in polygon.interiors)]:
        draw.polygon([tuple(point) for point in (np.asarray(ring.coords) - low) * scale + 1], fill=fill)
    pixels = {(int(i), int(j)) for i, j in np.argwhere(skeletonize(np.array(image) > 0))}
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(sorted(pixels))
    for i, j in pixels:
        graph.add_edges_from((((i, j), near) for near in ((i + 1, j), (i, j + 1)) if near in pixels), weight=1.0)
        for step in (-1, 1):
            if (i + 1, j + step) in pixels and (i + 1, j) not in pixels and (i, j + step) not in pixels:
                graph.add_edge((i, j), (i + 1, j + step), weight=np.sqrt(2))
    return graph


def _prune(graph: nx.Graph) -> None:
    """Remove branches that end freely and are short, the shortest first, until there is none."""
    least = SHORT * graph.size(weight="weight")
    while branches := [
        branch for end in graph if graph.degree(end) == 1 and (branch := _branch(graph, end))[0] < least
    ]:
        graph.remove_nodes_from(min(branches)[1])


def _branch(graph: nx.Graph, end: tuple[int, int]) -> tuple[float, list[tuple[int, int]]]:
    """Length of a branch from its free end to where others meet it, and its pixels; infinite where it is all there is."""
    length, last, here, nodes = 0.0, None, end, [end]
    while True:
        ahead = next((node for node in graph[here] if node != last), None)
        if ahead is None:
            return np.inf, nodes
        length += graph[here][ahead]["weight"]
        if graph.degree(ahead) > 2:
            return length, nodes
        last, here = here, ahead
        nodes.append(here)
