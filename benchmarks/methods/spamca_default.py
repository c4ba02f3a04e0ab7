"""spamca as a user gets it: every setting at its default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.methods import Fit
from benchmarks.methods._spamca import read

import spamca

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int) -> Fit:
    """The own read-out are the domains that it writes."""
    mdata = read()
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, tissue.n_clusters, random_state=seed, progress_bar=False)
    return Fit(mdata.obsm["X_spamca"], mdata.obs["spamca"].to_numpy().astype(int))
