"""Tissue to try things on."""

from spamca.datasets._breast_tumour import breast_tumour
from spamca.datasets._cortex import cortex
from spamca.datasets._lymph_node import lymph_node
from spamca.datasets._mouse_brain import mouse_brain
from spamca.datasets._simulated import simulated

__all__ = ["breast_tumour", "cortex", "lymph_node", "mouse_brain", "simulated"]
