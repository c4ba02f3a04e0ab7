"""Messages that the page of questions quotes are those of the package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faq.md"
GAP = "…"  # what differs from case to case


def _quoted() -> list[str]:
    """Messages that the page quotes."""
    return re.findall(r"^> `(.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def _text(node: ast.expr) -> str | None:
    """Text of a string of the source, with a gap where a value is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%(\.\d)?[rsdfg]", GAP, node.value).replace("%%", "%")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or GAP for part in node.values)
    return None


@pytest.fixture(scope="module")
def messages() -> set[str]:
    """Strings of the files of the package that raise, warn or log."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not any(word in source for word in ("msg", "logger", "warn", "raise")):
            continue
        found.update(
            _text(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant | ast.JoinedStr)
        )
    return {text for text in found if text}


def _holds(text: str, pieces: list[str]) -> bool:
    """Whether the pieces follow each other in a text."""
    end = 0
    for piece in pieces:
        at = text.find(piece, end)
        if at < 0:
            return False
        end = at + len(piece)
    return True


def test_page_quotes_messages():
    """There are quotes to check."""
    assert len(_quoted()) > 20


@pytest.mark.parametrize("quote", _quoted())
def test_message_exists(quote: str, messages: set[str]):
    """Each piece of a quoted message follows the one before it in one string of the source."""
    pieces = quote.split(GAP)
    assert any(_holds(text, pieces) for text in messages), (
        f"docs/faq.md quotes {quote!r}, which no file of src/spamca says"
    )


def test_gone_message_is_noticed(messages: set[str]):
    """A message that nothing says is found out."""
    assert not any(_holds(text, ["mdata must be a MuData, got ", "; do something else"]) for text in messages)
