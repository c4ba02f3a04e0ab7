from __future__ import annotations

from html.parser import HTMLParser

import pytest

VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """A page as elements (name, attributes, text), in their order."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements, self.open = text, [], []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), "no attribute twice"
        self.elements.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open[-1][0] == tag, "elements are nested"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def all(self, *names):
        return [(attributes, " ".join(text.split())) for tag, attributes, text in self.elements if tag in names]

    @property
    def sections(self):
        return [text for _, text in self.all("h2")]

    def table(self, caption):
        """Rows of the table with a caption, each a list of cells."""
        inside, rows = False, []
        for tag, _, text in self.elements:
            if tag in ("table", "caption"):
                inside = tag == "caption" and " ".join(text.split()) == caption
            elif inside and tag == "tr":
                rows.append([])
            elif inside and tag in ("th", "td"):
                rows[-1].append(" ".join(text.split()))
        return rows


@pytest.fixture
def page():
    """Parse a page."""
    return Page
