"""Values on the command line, by the type of the argument that they are for."""

from __future__ import annotations

import argparse
import json
from typing import Any


def json_or_text(text: str) -> Any:
    """What the text means as JSON, else the text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


class Gather(argparse.Action):
    """Collect ``name=value`` of every use of the option into a mapping, and plain names into one or a list of them."""

    def __init__(self, *args: Any, plain: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plain = plain

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, text: str, option: str | None = None
    ) -> None:
        """Add one."""
        held = getattr(namespace, self.dest, None)
        name, equals, value = text.partition("=")
        if not equals and not self.plain:
            parser.error(f"argument {option}: expected NAME=VALUE, got {text!r}")
        if held is not None and isinstance(held, dict) is not bool(equals):
            parser.error(f"argument {option}: give either names or NAME=VALUE, not both")
        if equals:
            added: Any = {**(held or {}), name: json_or_text(value)}
        elif held is None:
            added = text
        else:
            added = [*([held] if isinstance(held, str) else held), text]
        setattr(namespace, self.dest, added)


MAPPING: dict[str, Any] = {"action": Gather, "metavar": "NAME=VALUE"}
NAMES: dict[str, Any] = {"action": Gather, "plain": True, "metavar": "NAME[=VALUE]"}

FORMS: dict[str, dict[str, Any]] = {
    "int": {"type": int, "metavar": "N"},
    "float": {"type": float, "metavar": "X"},
    "str": {"metavar": "TEXT"},
    "str | Path": {"metavar": "FILE"},
    "bool": {"action": argparse.BooleanOptionalAction},
    "tuple[int, int]": {"type": int, "nargs": 2, "metavar": ("FROM", "TO")},
    "Mapping[str, Any]": MAPPING,
    "Mapping[str, float]": MAPPING,
    "Mapping[str, str]": MAPPING,
    "str | Mapping[str, str]": NAMES,
    "str | Sequence[str] | Mapping[str, str]": NAMES,
}
"""What argparse is told, by the type of the argument."""

OTHER: dict[str, Any] = {"type": json_or_text, "metavar": "JSON"}
"""The same for any other type."""
