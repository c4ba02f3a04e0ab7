"""Tissue to try things on."""

from spamca.datasets._measured import breast_tumour, cortex, lymph_node, mouse_brain
from spamca.datasets._simulated import simulated

__all__ = ["breast_tumour", "cortex", "lymph_node", "mouse_brain", "simulated"]
