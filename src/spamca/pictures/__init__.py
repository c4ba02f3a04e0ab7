"""Pictures of tissue: where spots lie in them, patches around spots, and features of patches."""

from __future__ import annotations

from spamca.pictures.extract import SQUIDPY, features_of, squidpy_features
from spamca.pictures.patches import Cut, cut
from spamca.pictures.picture import Picture, from_array, from_element
from spamca.pictures.surroundings import LEAST_SIDE, Computed, around, together
