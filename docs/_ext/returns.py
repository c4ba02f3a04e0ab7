"""Returns as they are written: sentences, or what is written where and its meaning.

Napoleon takes each line of such a section for a type, and what follows a colon for another. scverse packages write sentences and
lists of slots there instead; types stand in the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.ext.napoleon import NumpyDocstring

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Returns(NumpyDocstring):
    """Makes one field of the whole section."""

    def _parse_returns_section(self, section: str) -> list[str]:
        lines = self._strip_empty(self._dedent(self._consume_to_next_section()))
        return [":returns:", *self._indent(lines), ""]


def setup(app: Sphinx) -> dict[str, bool]:
    NumpyDocstring._parse_returns_section = Returns._parse_returns_section
    return {"parallel_read_safe": True}
