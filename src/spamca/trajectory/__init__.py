"""Order along a graph of spots: pseudotime from a root, and which groups pass into each other."""

from __future__ import annotations

from spamca.trajectory.abstraction import Abstraction, abstraction
from spamca.trajectory.pseudotime import LEAST, N_COMPONENTS, central, joined, pseudotime
