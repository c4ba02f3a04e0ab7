"""Options that several commands have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 (cyclopts reads the annotations)
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from cyclopts.types import PositiveInt  # noqa: TC002 (cyclopts reads the annotations)
from cyclopts.validators import Path as Ending

Flag = Annotated[bool, Parameter(negative=())]


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


@Parameter(name="*", group=Group.create_ordered("Files and threads"))
@dataclass(frozen=True)
class Files:
    """Options of the commands that compute."""

    output: Annotated[Path, Parameter(alias="-o", validator=Ending(ext="h5mu"))]
    """.h5mu file to write."""
    figures: Path | None = None
    """Folder for figures."""
    figure_format: Literal["png", "pdf", "svg"] = "png"
    """Format of the figures."""
    record: Path | None = None
    """Record of the run in JSON, by default OUTPUT.json."""
    force: Flag = False
    """Replace outputs that exist."""
    config: Path | None = None
    """.json or .toml file with options; what is typed wins."""
    threads: PositiveInt | None = None
    """Threads to compute with, by default what the libraries choose."""
