"""Spatial domains from tissue measured with several omics."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from spamca import _logging as _logging

if TYPE_CHECKING:
    from types import ModuleType

    from spamca import datasets, io, metrics, pl, pp, tl
    from spamca.model import Model

__all__ = ["Model", "datasets", "io", "metrics", "pl", "pp", "tl"]
__version__ = version("spamca")


def __getattr__(name: str) -> ModuleType | type[Model]:
    # scanpy, torch and matplotlib take seconds to import: each part of the package loads on first use.
    if name == "Model":
        from spamca.model import Model

        return Model
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
