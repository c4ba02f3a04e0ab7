"""Checks of input: each runs before anything is written, names the argument, quotes the value and gives the remedy."""

from __future__ import annotations

from spamca._checks.arguments import (
    check_checkpoint,
    check_choice,
    check_count,
    check_finite,
    check_flag,
    check_key_added,
    check_length,
    check_n_clusters,
    check_name,
    check_neighbors,
    check_path,
    check_real,
    check_seed,
)
from spamca._checks.columns import check_column, find_column, is_number
from spamca._checks.graphs import check_graph
from spamca._checks.place import (
    check_coordinates,
    check_library,
    checked_coordinates,
    find_library_key,
    flat,
    graph_params,
    library_of,
    recorded_library_key,
    slices,
)
from spamca._checks.tissue import (
    check_features,
    check_modality_names,
    check_modality_records,
    check_mudata,
    check_readable,
    check_representation,
    check_size,
    check_slots,
    dense,
)
