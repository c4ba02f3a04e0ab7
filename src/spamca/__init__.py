"""Spatial domains from tissue measured with several omics."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from spamca import _logging as _logging

if TYPE_CHECKING:
    from spamca import datasets, io, metrics, pl, pp, tl
    from spamca._report import report
    from spamca.model import Model

__all__ = ["Model", "datasets", "io", "metrics", "pl", "pp", "report", "tl"]
__version__ = version("spamca")


def __getattr__(name: str) -> Any:
    # scanpy, torch and matplotlib take seconds to import: each part of the package loads on first use.
    if name == "Model":
        from spamca.model import Model

        return Model
    if name == "report":
        from spamca._report import report

        return report
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
