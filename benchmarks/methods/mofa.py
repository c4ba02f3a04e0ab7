"""MOFA+ (Argelaguet et al. 2020) through muon, at its defaults: ten factors."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import mofapy2  # noqa: F401 (imports do not count as the method's time)
import muon
import numpy as np
from benchmarks.methods import Fit
from benchmarks.methods._objects import as_mudata

if TYPE_CHECKING:
    from benchmarks.tissue import Tissue


def fit(tissue: Tissue, seed: int) -> Fit:
    """Factors of the scaled features; there is no read-out of its own."""
    mdata = as_mudata(tissue, values="X")
    with tempfile.TemporaryDirectory() as folder:
        muon.tl.mofa(mdata, use_var=None, seed=seed, outfile=str(Path(folder) / "mofa.hdf5"))
    return Fit(np.asarray(mdata.obsm["X_mofa"]))
