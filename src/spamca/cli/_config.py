"""Options from a file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

LOADERS = {".json": json.loads, ".toml": tomllib.loads}
"""What reads a file, by its suffix."""


def read_config(path: str, known: Collection[str]) -> dict[str, Any]:
    """Values of options by their names, with underscores or hyphens in the file.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds what is no option.
    """
    file = Path(path)
    if file.suffix not in LOADERS:
        msg = f"must end on {' or '.join(LOADERS)}, got {path!r}"
        raise ValueError(msg)
    try:
        held = LOADERS[file.suffix](file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"cannot read {path!r}: {error}"
        raise ValueError(msg) from error
    if not isinstance(held, dict):
        msg = f"{path!r} must hold names and values, it holds {type(held).__name__}"
        raise ValueError(msg)
    values = {name.replace("-", "_"): value for name, value in held.items()}
    if unknown := sorted(set(values) - set(known)):
        msg = f"{path!r} has {unknown}, which are no arguments of a function; there are {', '.join(known)}"
        raise ValueError(msg)
    return values


def joined(config: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """Values of a file and of the command line, which wins; mappings are joined entry by entry."""
    both = {
        name: {**config[name], **value}
        for name, value in typed.items()
        if isinstance(value, dict) and isinstance(config.get(name), dict)
    }
    return config | typed | both
