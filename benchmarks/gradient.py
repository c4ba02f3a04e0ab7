"""Domains of tissue that is one smooth gradient without domains.

    python -m benchmarks.gradient [--spots 2000] [--repeats 3]

Counts are simulated as ``spamca.datasets.simulated`` does at difficulty 0.5, but the log mean of a feature is linear in one coordinate, with
a slope of its own. With six domains, the silhouette of the domains in ``X_spamca`` may exceed that in smoothed features (two hops) by
0.1 at most, and at most half of the spots may have a confidence above 0.99. Then the number is left open: the log, which is printed
below the table, should say that the data show no domains. A quick run: ``--spots 500 --repeats 1``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from benchmarks import altered, ours
from benchmarks.arrays import normalised, root_mean_square

if TYPE_CHECKING:
    from mudata import MuData

KINDS = ("rna", "protein")
DIFFICULTY, N_DOMAINS, CERTAIN = 0.5, 6, 0.99
LENGTH = 4.0
"""Ends of the tissue differ as two domains do whose markers are this much stronger."""


def gradient(n_spots: int, seed: int) -> MuData:
    """Tissue whose features rise or fall along the first coordinate, on a hexagonal lattice."""
    import mudata
    import pandas as pd
    from anndata import AnnData

    from spamca.datasets._counts import KINDS as HOW
    from spamca.datasets._counts import Modality, draw_counts, draw_modality
    from spamca.datasets._tissue import hexagonal

    at = hexagonal(n_spots, np.random.default_rng(seed))
    along = LENGTH * ((at[:, :1] - at[:, 0].min()) / np.ptp(at[:, 0]) - 0.5) + 0.5
    names = pd.Index([f"spot{i}" for i in range(n_spots)])
    mod = {}
    for i, kind in enumerate(KINDS):
        ends = draw_modality(HOW[kind], np.array([0, 1]), HOW[kind].n_features, DIFFICULTY, [seed, 50 + i])
        low, high = ends.log_mean.astype(np.float64)
        log_mean = (low + along * (high - low)).astype(np.float32)
        parts = Modality(log_mean, ends.marker, ends.programs, ends.dispersion, ends.library, ends.dropout)
        counts, _ = draw_counts(parts, np.arange(n_spots), [seed, 60 + i], means=False)
        var = pd.DataFrame({"feature_types": HOW[kind].feature_types}, [f"{kind}{j}" for j in range(counts.shape[1])])
        mod[kind] = AnnData(counts, pd.DataFrame(index=names), var, obsm={"spatial": at.copy()})
    return mudata.MuData(mod)


def smoothed(mdata: MuData) -> np.ndarray:
    """Features of all modalities side by side, each divided by its root mean square, over two hops."""
    values = np.hstack([x / root_mean_square(x) for x in ours.features_of(mdata).values()])
    step = normalised(mdata.obsp["spatial_connectivities"])
    return step @ (step @ values)


class Said(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.lines.append(record.getMessage())


def measure(n_spots: int, seed: int) -> dict:
    """Silhouettes, share of certain spots, and number and log where the number is left open."""
    from sklearn.metrics import silhouette_score

    mdata = gradient(n_spots, seed)
    unknown = altered.rebuilt(mdata, mdata.mod)
    domains = ours.run(mdata, N_DOMAINS, seed).to_numpy()
    inside = float(silhouette_score(mdata.obsm["X_spamca"], domains))
    outside = float(silhouette_score(smoothed(mdata), domains))
    certain = float((mdata.obs["spamca_confidence"].to_numpy(dtype=float) > CERTAIN).mean())
    logger, said = logging.getLogger("spamca"), Said()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(said)
    number = ours.run(unknown, None, seed).nunique()
    logger.removeHandler(said)
    logger.setLevel(level)
    return {"inside": inside, "outside": outside, "certain": certain, "number": number, "said": said.lines}


def main() -> None:
    parser = ours.parser(__doc__, ())
    parser.add_argument("--spots", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    rows, said = [], []
    for seed in range(given.repeats):
        asked = (given.spots, seed)
        found = ours.kept(__file__, f"{given.spots}-{seed}", "", lambda asked=asked: measure(*asked))
        inside, outside = found["inside"], found["outside"]
        rows.append([str(seed), inside, outside, inside - outside, found["certain"], str(found["number"])])
        said += [f"- seed {seed}: {line}" for line in found["said"] if "domain" in line or "n_clusters" in line]
    heads = ["seed", "silhouette in X_spamca", "in smoothed features", "difference", "certain", "number left open"]
    print(ours.table(heads, rows) + "\n\n" + "\n".join(said))


if __name__ == "__main__":
    main()
