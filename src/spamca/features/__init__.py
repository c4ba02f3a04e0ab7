"""Features of a modality from its counts, by kind of omics: matrices in, few real-valued columns out."""

from __future__ import annotations

from spamca.features._blocks import Blocks, in_blocks, in_memory, is_counts, take_columns
from spamca.features._features import Features, Fitted
from spamca.features._opened import Opened, opened
from spamca.features._unexplained import unexplained
from spamca.features.controls import is_control
from spamca.features.empty import holding
from spamca.features.kinds import KINDS, Kind, infer_kind, matrix_of
