"""A tissue as arrays: read from a MuData once, before anything is computed, and what was found written to it once."""

from __future__ import annotations

from spamca.tissue.batches import batch_numbers, stored_batches
from spamca.tissue.components import Components, components_of, summed
from spamca.tissue.denoised import denoised_column
from spamca.tissue.hierarchy import check_levels_free, write_hierarchy
from spamca.tissue.preparation import (
    feature_names,
    kind_of,
    preparation_of,
    signal_of,
    stored_fitted,
    usual_unexplained,
)
from spamca.tissue.renamed import write_renamed
from spamca.tissue.results import Results, check_free, write, write_denoised
from spamca.tissue.tissue import Tissue, graph_records, position_of, read, stored_corrected
from spamca.tissue.weights import compared_weights
