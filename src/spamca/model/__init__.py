"""The model of a tissue: what a training finds and leaves, apart from the tissue itself."""

from __future__ import annotations

from spamca.model.model import Model
