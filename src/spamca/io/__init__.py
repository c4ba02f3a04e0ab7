"""Reading and writing: tissue from where it is kept, into a MuData and back."""

from __future__ import annotations

from spamca.io._from_anndata import from_anndata
from spamca.io._from_spatialdata import from_spatialdata
from spamca.io._read import read
from spamca.io._read_spaceranger import read_spaceranger
from spamca.io._to_napari import to_napari
from spamca.io._to_spatialdata import to_spatialdata
from spamca.io._to_vitessce import to_vitessce

__all__ = ["from_anndata", "from_spatialdata", "read", "read_spaceranger", "to_napari", "to_spatialdata", "to_vitessce"]
