"""Sparse graphs of spots from arrays: over coordinates and over features."""

from __future__ import annotations

from spamca.graph._graph import Graph, euclidean, existing_graph, normalize, weigh_by_agreement
from spamca.graph.feature import METRICS, feature_graph
from spamca.graph.spatial import SPATIAL_KINDS, spatial_graph
