"""The network, on tensors."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from spamca.nn.settings import PRESETS, VIEWS, Settings

if TYPE_CHECKING:
    from spamca.nn.batch import Inputs
    from spamca.nn.filters import start
    from spamca.nn.model import Latents, Output, SpaMCA
    from spamca.nn.objective import losses

_NEEDS_TORCH = {
    "Inputs": "batch",
    "start": "filters",
    "Latents": "model",
    "Output": "model",
    "SpaMCA": "model",
    "losses": "objective",
}

__all__ = ["PRESETS", "VIEWS", "Inputs", "Latents", "Output", "Settings", "SpaMCA", "losses", "start"]


def __getattr__(name: str) -> Any:
    # torch takes two seconds to import, which settings do not need.
    if name not in _NEEDS_TORCH:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_NEEDS_TORCH[name]}"), name)


def __dir__() -> list[str]:
    return __all__
