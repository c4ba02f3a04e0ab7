"""Differences between groups of sections, with the section as the unit of replication; all on arrays."""

from __future__ import annotations

from spamca.groups.contrasts import TESTS, Contrast, contrast
from spamca.groups.design import LEAST, Design
from spamca.groups.mixed import separable
from spamca.groups.sections import border_ratios, log_ratios, pseudobulk
from spamca.groups.tables import comparison, q_values
