"""Values measured at some points carried to other points of the same tissue: maps of the plane, shares, sums and means."""

from __future__ import annotations

from spamca.onto.carry import MEANS, SUMS, carried, how_of
from spamca.onto.sections import ALL, Joined, joined
from spamca.onto.transform import LANDMARKS, Affine, from_landmarks, from_matrix
from spamca.onto.weights import METHODS, SPARSER, Shares, shares, spacing
