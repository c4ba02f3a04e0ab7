"""Descriptions of domains as tidy tables, over all sections of a tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spamca.graph import Graph
from spamca.shapes.borders import border_enrichment, shared_edges
from spamca.shapes.describe import composition, describe
from spamca.shapes.permuted import zscores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scipy import sparse


@dataclass(frozen=True)
class Domains:
    """Domains of a tissue with n spots.

    Parameters
    ----------
    labels, names
        Domain of each spot, integers (n,), -1 for none, and the names of the domains.
    section, sections
        Section of each spot, integers (n,), and the names of the sections.
    adjacency
        Spatial graph with weights 1, symmetric, (n, n); edges between sections do not count.
    """

    labels: np.ndarray
    names: Sequence[str]
    section: np.ndarray
    sections: Sequence[str]
    adjacency: sparse.csr_matrix

    def each(self) -> Iterator[tuple[str, np.ndarray, np.ndarray, sparse.csr_matrix]]:
        """Name, positions, domains and graph of each section."""
        for s, name in enumerate(self.sections):
            own = np.flatnonzero(self.section == s)
            yield name, own, self.labels[own], self.adjacency[own][:, own]


def domain_table(tissue: Domains, coords: np.ndarray, spots: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row for each section and domain: what :func:`spamca.shapes.describe.describe` gives, and means of ``spots``, values (n,)."""
    rows, n_domains = [], len(tissue.names)
    for section, own, labels, adjacency in tissue.each():
        found = describe(coords[own], adjacency, labels, n_domains)
        for name, values in spots.items():
            found[name] = composition(values[own][:, None], labels, n_domains)[0][:, 0]
        rows.append(pd.DataFrame({"section": section, "domain": list(tissue.names), **found}))
    return _categorical(pd.concat(rows, ignore_index=True), section=tissue.sections, domain=tissue.names)


def neighbor_table(
    tissue: Domains, n_permutations: int, random_state: int
) -> tuple[pd.DataFrame, tuple[np.ndarray, np.ndarray]]:
    """A row for each section and ordered pair of domains: edges, share, enrichment and z-score; and z-scores and counts over all sections."""
    rows, n_domains = [], len(tissue.names)
    domain, neighbor = np.nonzero(~np.eye(n_domains, dtype=bool))
    names = np.asarray(tissue.names)
    for section, _, labels, adjacency in tissue.each():
        edges = shared_edges(adjacency, labels, n_domains)
        share, ratio = border_enrichment(edges)
        found = zscores(adjacency, labels, n_domains, n_permutations, random_state)
        values = {"n_edges": edges, "share": share, "log2_enrichment": ratio, "zscore": found[0]}
        pairs = {"section": section, "domain": names[domain], "neighbor": names[neighbor]}
        rows.append(pd.DataFrame({**pairs, **{name: value[domain, neighbor] for name, value in values.items()}}))
    if len(rows) > 1:
        within = Graph(tissue.adjacency, tissue.adjacency).within(tissue.section).connectivities
        found = zscores(within, tissue.labels, n_domains, n_permutations, random_state, tissue.section)
    table = pd.concat(rows, ignore_index=True)
    return _categorical(table, section=tissue.sections, domain=tissue.names, neighbor=tissue.names), found


def composition_table(tissue: Domains, parts: np.ndarray, categories: Sequence[str]) -> pd.DataFrame:
    """A row for each section, domain and category, of shares ``parts`` (n, n_categories)."""
    rows, shape = [], (len(tissue.names), len(categories))
    for section, own, labels, _ in tissue.each():
        share, expected, ratio = composition(parts[own], labels, shape[0])
        row = {"section": section, "domain": np.repeat(tissue.names, shape[1])}
        row |= {"category": np.tile(categories, shape[0]), "share": share.ravel()}
        row |= {"expected": np.tile(expected, shape[0]), "log2_enrichment": ratio.ravel()}
        rows.append(pd.DataFrame(row))
    table = pd.concat(rows, ignore_index=True)
    return _categorical(table, section=tissue.sections, domain=tissue.names, category=categories)


def _categorical(table: pd.DataFrame, **columns: Sequence[str]) -> pd.DataFrame:
    return table.assign(**{name: pd.Categorical(table[name], list(names)) for name, names in columns.items()})
