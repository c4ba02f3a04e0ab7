"""What sets domains apart: arrays of features and domains in, numbers of each feature and domain out."""

from __future__ import annotations

from spamca.explain.contrasts import Contrasts, contrasts
from spamca.explain.contribution import contributions
from spamca.explain.folds import FOUND_AGAIN, Source, domains_without, folds, not_found_again, overlap
from spamca.explain.levels import levels
from spamca.explain.patches import patches
