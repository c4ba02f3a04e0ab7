"""Compare ways to carry domains to new tissue, by the guide alone: found in one half of a tissue, taken to the other.

    SPAMCA_TEST_DATA=... OMP_NUM_THREADS=1 python benchmarks/follow.py > table.md

Each cell is the adjusted Rand index on the half that the domains are taken to; K is the number of labels. In the last columns domains go to the
tissue itself, K is 3, far fewer than there are, and the index is that with the domains as they were found: nothing should change.
``benchmarks/transform.py`` measures what `tl.transform` makes of it, network included.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import numpy as np
from scipy.sparse import block_diag, csr_matrix
from transform import UNKNOWN, halves, read, score

warnings.filterwarnings("ignore")

CASES = [
    (name, axis)
    for name in ("dlpfc_151673", "sim_spamosaic_rep1", "her2st_a1", "hln_a1_panel_split")
    for axis in ("x", "y")
]
ITSELF = ("dlpfc_151673", "sim_spamosaic_rep1", "her2st_a1", "hln_a1_panel_split")
FEW = 3


class Half:
    """The half that domains come from, the half that they go to, and what both have been made of."""

    def __init__(self, mdata, axis, n_domains):
        import spamca
        from spamca.guide import guide
        from spamca.guide.emissions import Emissions
        from spamca.tl._guide import arrays_of, trusts
        from spamca.tl._new_tissue import lay_out

        first = np.ones(mdata.n_obs, dtype=bool) if axis is None else halves(mdata, axis)
        old, new = mdata[first].copy(), mdata[first if axis is None else ~first].copy()
        spamca.pp.neighbors(old)
        self.old = arrays_of(old, trusts(old, None))
        self.n_domains, graph = n_domains, csr_matrix(self.old["adjacency"])
        self.guide = guide(n_domains=n_domains, **self.old)
        found = self.guide.blocks, self.guide.assignment
        self.emissions = Emissions.estimate(*found).with_spare(*found, graph)
        spamca.tl.integrate(old, n_domains, max_epochs=1, progress_bar=False)
        spamca.tl.cluster(old)
        tissue = lay_out(new, spamca.Model.from_mudata(old), spatial_key="spatial", library_key=None, random_state=0)
        self.features, self.adjacency = tissue.features, csr_matrix(tissue.spatial.graph.connectivities)
        self.blocks = self.emissions.blocks(tissue.features, tissue.present)
        self.known = self.emissions.domains(self.blocks, self.adjacency)
        self.truth = new.obs["label"].astype(str)
        if axis is None:
            self.truth[:] = self.guide.assignment.argmax(axis=1).astype(str)

    def whole(self):
        """Both halves as one tissue: blocks, features, graph, and an assignment to start from."""
        blocks = [
            replace(new, values=np.vstack([old.values, new.values]))
            for old, new in zip(self.guide.blocks, self.blocks, strict=True)
        ]
        features = [np.vstack(both) for both in zip(self.old["features"], self.features, strict=True)]
        graph = csr_matrix(block_diag([self.old["adjacency"], self.adjacency]))
        start = np.vstack([self.guide.assignment[:, : self.known.shape[1]], self.known])
        return blocks, features, graph, start


def relaxed(blocks, graph, start):
    from spamca.guide.field import Field

    return Field(blocks, graph).relax(start, 60, own_covariance=True)


def moved(blocks, graph, start):
    """Domains merged and split as in the search of the guide."""
    from spamca.guide.field import Field
    from spamca.guide.search import Candidate, _improved
    from spamca.guide.searched import halving, joined

    field = Field(blocks, graph)
    start = field.relax(start, 40)
    partition = start.argmax(axis=1)
    line = Candidate(start, partition, field.objective(partition, start.shape[1]))
    return relaxed(blocks, graph, _improved(field, line, halving(joined(blocks, graph), graph)).assignment)


def searched(half, blocks, features, graph):
    from spamca.guide.searched import searched as search

    has = [None] * len(features)
    found = search(blocks, features, graph, half.n_domains, half.old["weights"], has, np.random.default_rng(0))[1]
    return relaxed(blocks, graph, found)


def both(half, how):
    blocks, features, graph, start = half.whole()
    found = how(half, blocks, features, graph) if how is searched else how(blocks, graph, start)
    return found[-len(half.known) :]


def followed(half, *, anchor=200.0, most=10, margin=1.5):
    from spamca.guide.follow import follow

    with (
        patch("spamca.guide.anchored.ANCHOR", anchor),
        patch("spamca.guide.births.MOST", most),
        patch("spamca.guide.births.MARGIN", margin),
    ):
        return follow(half.emissions, half.blocks, half.adjacency, half.known)


WAYS = {
    "as they were": lambda half: half.known,
    "relaxed on the new half": lambda half: relaxed(half.blocks, half.adjacency, half.known),
    "merged and split on the new half": lambda half: moved(half.blocks, half.adjacency, half.known),
    "sought anew on the new half": lambda half: searched(half, half.blocks, half.features, half.adjacency),
    "relaxed on both halves": partial(both, how=relaxed),
    "merged and split on both halves": partial(both, how=moved),
    "sought anew on both halves": partial(both, how=searched),
    "held, none new": partial(followed, most=0),
    "held, new ones": followed,
    "held by all spots, new ones": partial(followed, anchor=np.inf),
    "held by 50 spots, new ones": partial(followed, anchor=50.0),
    "held, new ones whatever the training spared": partial(followed, margin=0.0),
}


def _score(half, table):
    for way, find in WAYS.items():
        table[way].append(score(half.truth, find(half).argmax(axis=1)))


def main():
    from spamca._logging import logger

    logger.setLevel("ERROR")
    table = {way: [] for way in WAYS}
    for name, axis in CASES:
        mdata = read(name)
        truth = mdata.obs["label"].astype(str)
        _score(Half(mdata, "xy".index(axis), truth[~truth.isin(UNKNOWN)].nunique()), table)
    for name in ITSELF:
        _score(Half(read(name), None, FEW), table)
    titles = [f"{name} {axis}" for name, axis in CASES] + [f"{name} itself" for name in ITSELF]
    print(f"| way | {' | '.join(titles)} |\n|---|{'---|' * len(titles)}")
    for way, row in table.items():
        print(f"| {way} | {' | '.join(f'{value:.3f}' for value in row)} |")


if __name__ == "__main__":
    main()
