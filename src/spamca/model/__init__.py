"""What a training leaves, apart from the tissue that it was done on."""

from __future__ import annotations

from spamca.model.model import StoredModel

__all__ = ["StoredModel"]
