"""Where the log of the command goes: to stderr, and to a file if asked for."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")

OF_DEVELOPERS = (DeprecationWarning, FutureWarning, ImportWarning, PendingDeprecationWarning, SyntaxWarning)
"""Warnings that do not help users of a command; they are logged at level "debug" only."""


@contextmanager
def logs(level: str, file: Path | str | None) -> Iterator[None]:
    """Send the log of the package, and warnings of any package, to stderr and to a file that they are appended to.

    Other packages are logged from level "warning" on. Raises OSError if the file cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(logging.FileHandler(file, encoding="utf-8"))
    threshold = getattr(logging, level.upper())
    root = logging.getLogger()
    before = root.level, logger.level
    others = max(threshold, logging.WARNING)
    for handler in handlers:
        handler.setFormatter(FORMAT)
        # a package may have set a level of its own
        handler.addFilter(lambda record: record.name.startswith(logger.name) or record.levelno >= others)
        root.addHandler(handler)
    root.setLevel(others)
    logger.setLevel(threshold)
    logging.captureWarnings(capture=True)
    try:
        with warnings.catch_warnings():
            if threshold > logging.DEBUG:
                for category in OF_DEVELOPERS:
                    warnings.simplefilter("ignore", category)
            yield
    finally:
        logging.captureWarnings(capture=False)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(before[0])
        logger.setLevel(before[1])
