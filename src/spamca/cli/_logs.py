"""Where the log of the command goes."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (cyclopts reads the annotations)
from typing import TYPE_CHECKING, Literal

from cyclopts import Group, Parameter

from spamca._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_DEVELOPERS = (DeprecationWarning, FutureWarning, ImportWarning, PendingDeprecationWarning, SyntaxWarning)
"""Warnings that do not help users of a command; they are logged at level "debug" only."""


@Parameter(name="*", group=Group.create_ordered("Log"))
@dataclass(frozen=True)
class Log:
    """Options of the log."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe messages shown on stderr."""
    log_file: Path | None = None
    """File that the log is appended to as well."""


LOG = Log()
"""The log if no option is given."""


class Warned(logging.Handler):
    """Add the text of each record from level "warning" on to a list, unless it is there."""

    def __init__(self, warned: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.warned = warned

    def emit(self, record: logging.LogRecord) -> None:
        """Take the text; of a warning without the line of code that raised it."""
        text = record.getMessage()
        if record.name == "py.warnings":
            text = re.sub(r"^.*?:\d+: (?=\w+: )", "", text.rstrip().rsplit("\n  ", 1)[0])
        of_developers = text.partition(":")[0] in {category.__name__ for category in OF_DEVELOPERS}
        if not of_developers and text not in self.warned:
            self.warned.append(text)


@contextmanager
def logs(level: str, file: Path | None) -> Iterator[list[str]]:
    """Send the log of the package, and warnings of any package, to stderr and to a file that they are appended to.

    Other packages are logged from level "warning" on. Gives the texts of what is logged at that level or above, whatever
    ``level`` is, each once, for the record. Raises OSError if the file cannot be written.
    """
    warned: list[str] = []
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(logging.FileHandler(file, encoding="utf-8", errors="backslashreplace"))
    threshold = getattr(logging, level.upper())
    root = logging.getLogger()
    before = root.level, logger.level
    others = max(threshold, logging.WARNING)
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
        # a package may have set a level of its own
        handler.addFilter(lambda one: one.levelno >= (threshold if one.name.startswith(logger.name) else others))
        root.addHandler(handler)
    handlers.append(Warned(warned))
    root.addHandler(handlers[-1])
    root.setLevel(logging.WARNING)
    logger.setLevel(min(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)
    try:
        with warnings.catch_warnings():
            for category in OF_DEVELOPERS if threshold > logging.DEBUG else ():
                warnings.simplefilter("ignore", category)
            yield warned
    finally:
        logging.captureWarnings(capture=False)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(before[0])
        logger.setLevel(before[1])
