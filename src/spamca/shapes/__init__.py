"""Shapes of domains in the plane: footprints of spots, outlines, measures; all from arrays."""

from __future__ import annotations

from spamca.shapes.outlines import outlines
