"""The published SpaMCA: its network, losses and training, on its graph of three nearest spots, to the last epoch.

The preset is held to the published numbers by a test of its own, so its runs stay current while the default changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.methods import Fit
from benchmarks.methods._spamca import read

import spamca

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int) -> Fit:
    """The own read-out is a mixture of one shared covariance by likelihood alone, as mclust's."""
    mdata = read()
    spamca.pp.neighbors(mdata, n_neighs=3)
    options = {"preset": "paper", "early_stopping": False, "progress_bar": False}
    spamca.tl.integrate(mdata, tissue.n_clusters, random_state=seed, **options)
    spamca.tl.cluster(mdata, tissue.n_clusters, selection="likelihood", random_state=seed)
    return Fit(mdata.obsm["X_spamca"], mdata.obs["spamca"].to_numpy().astype(int))
