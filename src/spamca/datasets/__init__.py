"""Tissue to try things on."""

from spamca.datasets._simulated import simulated

__all__ = ["simulated"]
