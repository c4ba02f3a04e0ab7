"""Arguments of the package's functions, read from their source: importing them takes seconds."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Argument:
    """An argument of a function.

    Parameters
    ----------
    name
        As the function calls it.
    annotation
        Its type, as written but for ``None``.
    default
        As written; None where it has to be given.
    text
        What the docstring says of it, in one line without markup.
    """

    name: str
    annotation: str
    default: str | None
    text: str


@cache
def arguments(function: str) -> tuple[Argument, ...]:
    """Arguments of a public function such as ``"tl.integrate"``, which lies in ``tl/_integrate.py``."""
    part, name = function.split(".")
    tree = ast.parse((PACKAGE / part / f"_{name}.py").read_text(encoding="utf-8"))
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    texts = _texts(ast.get_docstring(node) or "")
    by_position, by_name = node.args.args, node.args.kwonlyargs
    missing = [None] * (len(by_position) - len(node.args.defaults))
    defaults = [*missing, *node.args.defaults, *node.args.kw_defaults]
    return tuple(
        Argument(
            given.arg,
            ast.unparse(given.annotation).removesuffix(" | None") if given.annotation else "",
            ast.unparse(default) if default is not None else None,
            texts.get(given.arg, ""),
        )
        for given, default in zip([*by_position, *by_name], defaults, strict=True)
    )


def _texts(docstring: str) -> dict[str, str]:
    """What the section on parameters says, by name."""
    section = docstring.partition("Parameters\n----------\n")[2]
    section = re.split(r"\n\w[^\n]*\n---+\n", section)[0]
    parts = re.split(r"^(\w[\w, ]*)\n", section, flags=re.MULTILINE)[1:]
    return {
        name.strip(): _plain(text)
        for names, text in zip(parts[::2], parts[1::2], strict=True)
        for name in names.split(",")
    }


def _plain(text: str) -> str:
    text = re.sub(r":\w+:`~?([^`]+)`", r"\1", text).replace("``", "")
    return " ".join(text.split())
