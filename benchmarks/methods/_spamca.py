"""A tissue for spamca: the MuData next to the arrays, with prepared features and without graphs."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import lightning.pytorch
import mudata
import scanpy
import squidpy  # noqa: F401 (imports do not count as the method's time)
import torch_geometric  # noqa: F401

import spamca

if TYPE_CHECKING:
    from mudata import MuData

logging.getLogger("spamca").setLevel(logging.WARNING)
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
spamca.pp, spamca.tl, scanpy.pp, lightning.pytorch.Trainer  # noqa: B018 (lazily imported)


def read() -> MuData:
    """The MuData of the run, whose place ``benchmarks.one`` puts into the environment."""
    return mudata.read_h5mu(Path(os.environ["BENCHMARK_TISSUE"]).with_suffix(".h5mu"))
