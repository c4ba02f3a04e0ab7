"""How good a partition of the tissue is: against labels, and without any."""

from spamca.metrics._agreement import agreement
from spamca.metrics._coherence import coherence
from spamca.metrics._mixing import mixing
from spamca.metrics._score import score

__all__ = ["agreement", "coherence", "mixing", "score"]
