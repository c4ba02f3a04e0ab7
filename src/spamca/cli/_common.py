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
    """Options of the log.

    Parameters
    ----------
    log_level
        Least severe messages shown on stderr.
    log_file
        File that the log is appended to as well.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_file: Path | None = None


LOG = Log()
"""The log where no option is given."""


@Parameter(name="*", group=Group.create_ordered("Files and threads"))
@dataclass(frozen=True)
class Files:
    """Options of the commands that compute.

    Parameters
    ----------
    output
        .h5mu file to write.
    figures
        Folder for figures.
    figure_format
        Format of the figures.
    record
        Record of the run in JSON, by default OUTPUT.json.
    force
        Replace outputs that exist.
    config
        .json or .toml file with options; what is typed wins.
    threads
        Threads to compute with, by default what the libraries choose.
    """

    output: Annotated[Path, Parameter(alias="-o", validator=Ending(ext="h5mu"))]
    figures: Path | None = None
    figure_format: Literal["png", "pdf", "svg"] = "png"
    record: Path | None = None
    force: Flag = False
    config: Path | None = None
    threads: PositiveInt | None = None
