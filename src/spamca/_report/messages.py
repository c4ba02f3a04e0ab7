"""Warnings of the work on a report."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_DEVELOPERS = (DeprecationWarning, FutureWarning, ImportWarning, PendingDeprecationWarning, SyntaxWarning)
"""Warnings that do not help the reader of a report."""


@contextmanager
def collected(notices: list[str]) -> Iterator[None]:
    """Add warnings of any package, and the log of this one from level WARNING on, to ``notices``, each text once.

    They go on to where they would have gone.
    """

    def add(text: str) -> None:
        if text not in notices:
            notices.append(text)

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            add(record.getMessage())

    collector = Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        with warnings.catch_warnings():
            show = warnings.showwarning

            def showwarning(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
                if not issubclass(category, OF_DEVELOPERS):
                    add(f"{category.__name__}: {message}")
                show(message, category, *place, **more)

            warnings.showwarning = showwarning
            yield
    finally:
        logger.removeHandler(collector)
