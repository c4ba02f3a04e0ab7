"""What it takes to get the same result again, and what it took."""

from __future__ import annotations

import inspect
import json
import platform
import re
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import requires, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spamca.cli._stages import Stages


def record(argv: list[str], stages: Stages, **told: Any) -> dict[str, Any]:
    """The record of a command, in what JSON can hold.

    Parameters
    ----------
    argv
        Arguments of the command.
    stages
        The stages so far.
    told
        What else is to be told.
    """
    return {
        "command": shlex.join(["spamca", *argv]),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **told,
        "versions": versions(),
        "platform": platform.platform(),
        "stages": list(stages.done),
    }


def call(function: Callable[..., Any], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A call of a function: its name and all arguments but the first, defaults too."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    values = {one.name: given.get(one.name, one.default) for one in parameters if one.name != "copy"}
    return {"function": f"spamca.{name}", "arguments": values}


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of those that it asks for."""
    names = sorted({re.split(r"[^\w.-]", requirement)[0] for requirement in requires("spamca") or ()})
    return {"python": sys.version.split()[0], "spamca": version("spamca")} | {name: version(name) for name in names}


def text(held: Mapping[str, Any]) -> str:
    """The record as JSON."""
    return json.dumps(held, indent=2, default=str) + "\n"
