"""Links from source pages back to the documentation of each object.

``sphinx.ext.viewcode`` takes the first name under which an object of a file is documented for the module of all others. Where a package
gives what its files define, some links then lead nowhere; here they follow the name under which the object itself is documented.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

BACK = re.compile(r'(<a class="viewcode-back" href=")([^"#]*)#([^"]*)(")')


def follow(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Mend the links of a source page."""
    if not page.startswith("_modules/"):
        return
    objects = app.env.domains["py"].objects

    def mended(match: re.Match[str]) -> str:
        start, address, name, end = match.groups()
        if name in objects:
            entry = objects[name]
            return f"{start}{app.builder.get_relative_uri(page, entry.docname)}#{entry.node_id}{end}"
        docname = next((d for d in app.env.found_docs if app.builder.get_relative_uri(page, d) == address), None)
        last = name.rsplit(".", 1)[-1]
        known = [entry for one, entry in objects.items() if entry.docname == docname and one.rsplit(".", 1)[-1] == last]
        return f"{start}{address}#{known[0].node_id}{end}" if known else match[0]

    context["body"] = BACK.sub(mended, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", follow)
    return {"parallel_read_safe": True}
