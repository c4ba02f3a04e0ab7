"""Ideas that were tried for the default, without the network: what each reads on every tissue with labels.

    SPAMCA_TEST_DATA=... python -m benchmarks.ideas [idea ...] > table.md

Every idea gives an embedding, which the mixture of highest likelihood reads, or a partition. K is the number of labels; each
cell is the mean ARI over seeds 0 to 4 and its standard deviation. One thread: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from unittest import mock

import numpy as np
from benchmarks import tissues
from benchmarks.experiments import SEEDS, sets
from scipy.sparse import csr_matrix, diags, hstack

from spamca.cluster import mixture, principal_components
from spamca.features import trust_of
from spamca.graph import normalize
from spamca.guide import guide, noise_whitened
from spamca.guide.blocks import Block
from spamca.guide.field import Field
from spamca.guide.objective import Objective
from spamca.guide.starts import average, kmeans, starts

N_COMPONENTS = 20


class Sight:
    """What an idea sees of a tissue: features side by side ``x``, graph ``a``, and number of domains ``k``."""

    def __init__(self, mdata):
        from spamca.tl._gather import features_of

        self.truth, self.k = tissues.labels_of(mdata)
        self.known = self.truth != ""
        self.features = [features_of(modality) for modality in mdata.mod.values()]
        self.x = np.hstack([x / np.sqrt(np.square(x).mean()) for x in self.features]).astype(np.float64)
        self.a = mdata.obsp["spatial_connectivities"]
        self.trust = [trust_of(name, modality.uns["spamca"]["kind"]) for name, modality in mdata.mod.items()]

    def hops(self, x, n, graph=None):
        """``x`` after n steps over a graph, by default the spatial one."""
        graph = normalize(self.a).astype(np.float64) if graph is None else graph
        for _ in range(n):
            x = graph @ x
        return x

    def field(self):
        """The random field of the guide."""
        parts = [noise_whitened(x, self.a) for x in self.features]
        blocks = [Block(x, w) for x, w in zip(parts, self.trust, strict=True) if x.shape[1]]
        return Field(blocks, self.a)

    def starts(self, seed):
        """The field, and partitions to start from, of all modalities together."""
        field = self.field()
        components = np.hstack([np.sqrt(block.weight) * block.values for block in field.blocks])
        return field, list(starts([self.x], components, self.a, self.k, np.random.default_rng(seed)))


def restored(sight):
    """Each spot restored from the means over its neighbours at several scales, the spot itself left out."""
    near, reach, means = average(sight.a), average(sight.a), []
    for hop in range(1, 5):
        own = reach.diagonal()
        without = diags(1 / np.maximum(1 - own, 1e-9)) @ (reach - diags(own))
        if hop in (1, 2, 4):
            means.append(without @ sight.x)
        reach = near @ reach
    seen = np.hstack(means)
    gram = seen.T @ seen + 1e-2 * np.square(seen).mean() * len(seen) * np.eye(seen.shape[1])
    return seen @ np.linalg.solve(gram, seen.T @ sight.x)


def similar_edges(sight, seed):
    """Smoothing over edges that are weighed by how alike their ends are, three times."""
    raw = np.hstack([block.values for block in sight.field().blocks])
    smooth, edges = sight.hops(raw, 2, average(sight.a)), sight.a.tocoo()
    for _ in range(3):
        apart = np.square(smooth[edges.row] - smooth[edges.col]).sum(axis=1)
        weight = np.exp(-apart / np.median(apart))
        graph = csr_matrix((weight, (edges.row, edges.col)), sight.a.shape) + diags(np.ones(len(raw)))
        smooth = sight.hops(raw, 4, csr_matrix(diags(1 / np.asarray(graph.sum(axis=1)).ravel()) @ graph))
    return read(smooth, sight, seed)


def evidence(sight, seed):
    """Consensus of all starts: k-means of the left singular vectors of their indicators, each divided by its size."""
    from sklearn.utils.extmath import randomized_svd

    _, partitions = sight.starts(seed)
    one_hot = csr_matrix(hstack([csr_matrix(np.eye(sight.k)[p]) for p in partitions]))
    size = np.asarray(one_hot.sum(axis=0)).ravel()
    indicators = one_hot[:, size > 0] @ diags(1 / np.sqrt(size[size > 0]))
    left, value, _ = randomized_svd(indicators, sight.k, random_state=seed)
    return kmeans(left * value, sight.k, np.random.default_rng(seed))


def best_start(sight, seed, *, relaxed):
    """Of all starts the one of highest objective, before or after the field has relaxed from each."""
    field, partitions = sight.starts(seed)
    if relaxed:
        partitions = [field.relax(np.eye(sight.k)[p], 40).argmax(axis=1) for p in partitions]
    return max(partitions, key=lambda p: field.objective(p, sight.k))


def read(embedding, sight, seed):
    points = principal_components(embedding, N_COMPONENTS)
    return mixture(points, sight.k, selection="likelihood", random_state=seed).labels


def guided(sight, seed, trust, **changed):
    """The guide from starts of a seed, with attributes of its modules replaced."""
    with ExitStack() as stack:
        for name, value in changed.items():
            stack.enter_context(mock.patch(f"spamca.guide.{name.replace('__', '.')}", value))
        return guide(sight.features, sight.a, sight.k, weights=trust, random_state=seed).assignment.argmax(axis=1)


PARTS = Objective.parts


def nothing_predicted(self, partitions, n_domains):
    """Parts of the objective without what neighbours predict."""
    parts = PARTS(self, partitions, n_domains)
    return parts | {"objective": parts["objective"] - parts["predicted"]}


IDEAS = {
    "smoothed over 2 hops": lambda s, seed: read(s.hops(s.x, 2), s, seed),
    "smoothed over 8 hops": lambda s, seed: read(s.hops(s.x, 8), s, seed),
    "1, 2 and 4 hops side by side": lambda s, seed: read(np.hstack([s.hops(s.x, n) for n in (1, 2, 4)]), s, seed),
    "noise-whitened, then 2 hops": lambda s, seed: read(
        s.hops(np.hstack([b.values for b in s.field().blocks]), 2), s, seed
    ),
    "restored from neighbours": lambda s, seed: read(restored(s), s, seed),
    "edges weighed by similarity": similar_edges,
    "consensus of all starts": evidence,
    "start of highest objective": lambda s, seed: best_start(s, seed, relaxed=False),
    "field from every start, highest objective": lambda s, seed: best_start(s, seed, relaxed=True),
    "guide (starts of each modality, merge and split)": lambda s, seed: guided(s, seed, s.trust),
    "guide, nothing predicted from neighbours": lambda s, seed: guided(
        s, seed, s.trust, objective__Objective__parts=nothing_predicted
    ),
    "guide, one covariance for all domains": lambda s, seed: guided(s, seed, s.trust, relaxation__PRIOR=1e12),
    "guide, images trusted in full": lambda s, seed: guided(s, seed, None),
}


def main(names):
    from sklearn.metrics import adjusted_rand_score

    sights = {name: Sight(mdata) for name, mdata in sets()}
    print("| idea |", " | ".join(sights), "|")
    print("|---" * (len(sights) + 1) + "|")
    for name in names:
        cells = []
        for sight in sights.values():
            found = [IDEAS[name](sight, seed)[sight.known] for seed in SEEDS]
            values = [adjusted_rand_score(sight.truth[sight.known], labels) for labels in found]
            cells.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or IDEAS)
