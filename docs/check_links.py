"""Every link inside the built site resolves, its anchor included; ``make docs`` runs this after the build.

python docs/check_links.py docs/_build/html
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

WITHOUT_ANCHORS = ("", "top", "content")
"""Fragments that a browser knows without an element of that name."""


class Page(HTMLParser):
    """Targets and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := found.get(name))]
        self.anchors |= {value for name in ("id", "name") if (value := found.get(name))}


def broken(root: Path) -> tuple[int, list[str]]:
    """Number of links inside the site, and those that lead nowhere, with their page."""
    root = root.resolve()
    pages = {path: Page(path) for path in sorted(root.rglob("*.html")) if path.relative_to(root).parts[0] != "_static"}
    n_links, wrong = 0, []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            n_links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            known = pages.get(target)
            if not target.is_file() or (known and fragment not in known.anchors and fragment not in WITHOUT_ANCHORS):
                wrong.append(f"{path.relative_to(root)}: {link}")
    return n_links, wrong


def main() -> None:
    """Print what is broken and fail, or say how much was checked."""
    n_links, wrong = broken(Path(sys.argv[1]))
    if wrong or not n_links:
        sys.exit("\n".join(["These links lead nowhere:", *dict.fromkeys(wrong)]))
    print(f"All {n_links:,} links inside the site resolve.")


if __name__ == "__main__":
    main()
