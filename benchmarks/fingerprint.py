"""Fingerprints of code, which a comment, a docstring, the order of imports or a line break does not change."""

from __future__ import annotations

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent

BETWEEN = ("cluster", "features", "graph", "domains", "model", "nn", "train")
"""Folders of spamca that decide what comes out of features: those at the edge only carry it."""

NOT_USED = ("number.py", "evidence.py", "emissions.py", "births.py", "follow.py", "apply.py", "denoise.py", "file.py")
"""Files in them that do nothing to the domains of a tissue where their number is given."""


def code_of(source: str) -> str:
    """What a module does, without its docstrings, its imports and its layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [part for part in body if not _is_idle(part)]
            node.body = kept or [ast.Pass()]
    return ast.dump(tree)


def _is_idle(part: ast.AST) -> bool:
    if isinstance(part, ast.Import | ast.ImportFrom):
        return True
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


@cache
def of_files(*paths: Path) -> str:
    """Of Python files; of others every byte counts."""
    found = sha256()
    for path in paths:
        found.update(path.name.encode())
        found.update(code_of(path.read_text()).encode() if path.suffix == ".py" else path.read_bytes())
    return found.hexdigest()[:16]


@cache
def of_spamca(*folders: str) -> str:
    """Of spamca's code, all of it or some of its folders."""
    import spamca

    root = Path(spamca.__file__).parent
    found = (path for folder in folders or (".",) for path in sorted((root / folder).rglob("*.py")))
    return of_files(*(path for path in found if path.name not in NOT_USED))
