"""Galleries: the tutorials with their figures, and the plots with theirs.

``{tutorials}`` makes a card of each notebook in the folder ``tutorials`` at the top of the repository, where a reader looks for them, and
copies them below this folder, as Sphinx sees nothing else. ``{plots}`` makes one of each function of ``spamca.pl`` whose
picture lies in ``_static/gallery``, which is also shown on the function's own page.
"""

from __future__ import annotations

import base64
import re
import shutil
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from PIL import Image
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

DOCS = Path(__file__).parents[1]
NOTEBOOKS = DOCS.parent / "tutorials"
PICTURES = DOCS / "_static" / "gallery"
FIRST = ("quickstart", "lymph_node", "cortex", "breast_tumour", "mouse_brain_atac")
"""Notebooks that come first, by name; the others follow by the alphabet."""

THUMBNAIL = (640, 400)
"""Most pixels of the figure on a card."""


def order(path: Path) -> tuple[int, str]:
    return (FIRST.index(path.stem) if path.stem in FIRST else len(FIRST), path.stem)


def described(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    """Title and first paragraph."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    rest = text[title.end() :].strip() if title else text
    paragraph = " ".join(rest.split("\n\n")[0].split())
    return (title[1] if title else "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", paragraph))


def thumbnail(notebook: nbformat.NotebookNode) -> Image.Image | None:
    """The figure of the cell with the tag ``thumbnail``, else the first of all."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in cells if "thumbnail" in cell.metadata.get("tags", ())]
    for cell in tagged or cells:
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                picture = Image.open(BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")
                picture.thumbnail(THUMBNAIL)
                return picture
    return None


def copy_tutorials() -> None:
    """Notebooks and their thumbnails below this folder; what is no longer there goes."""
    target = DOCS / "tutorials"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy2(path, target)
        picture = thumbnail(nbformat.read(path, as_version=4))
        if picture is not None:
            picture.save(target / f"{path.stem}.png")


def card(title: str, text: str, link: str, link_type: str, picture: str | None) -> str:
    top = f":img-top: {picture}\n:img-alt: {title}\n" if picture else ""
    return f":::{{grid-item-card}} {title}\n:link: {link}\n:link-type: {link_type}\n{top}\n{text}\n:::\n"


def grid(cards: list[str]) -> str:
    return "::::{grid} 1 2 2 3\n:gutter: 3\n\n" + "\n".join(cards) + "::::\n"


class Tutorials(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        cards, names = [], []
        for path in sorted(NOTEBOOKS.glob("*.ipynb"), key=order):
            title, text = described(nbformat.read(path, as_version=4))
            picture = f"/tutorials/{path.stem}.png" if (DOCS / "tutorials" / f"{path.stem}.png").exists() else None
            cards.append(card(title, text, f"/tutorials/{path.stem}", "doc", picture))
            names.append(f"/tutorials/{path.stem}")
        tree = "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"
        return self.parse_text_to_nodes(grid(cards) + "\n" + tree)


class Plots(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        import spamca

        cards = []
        for name in spamca.pl.__all__:
            summary = (getattr(spamca.pl, name).__doc__ or "").strip().split("\n\n")[0]
            if (PICTURES / f"{name}.png").exists():
                picture, text = f"/_static/gallery/{name}.png", " ".join(summary.split())
                cards.append(card(f"`pl.{name}`", plain(text), f"/generated/spamca.pl.{name}", "doc", picture))
        return self.parse_text_to_nodes(grid(cards))


def plain(text: str) -> str:
    """Words of a line of a docstring without its markup, which is reStructuredText."""
    return re.sub(r":\w+(?::\w+)*:`~?([^`]*)`", r"\1", text).replace("``", "`")


def add_picture(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Show the picture of a plot below the first line of its docstring."""
    plot = name.removeprefix("spamca.pl.")
    if plot != name and (PICTURES / f"{plot}.png").exists():
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", f".. image:: /_static/gallery/{plot}.png", f"   :alt: Example of {plot}", ""]


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    copy_tutorials()
    app.add_directive("tutorials", Tutorials)
    app.add_directive("plots", Plots)
    app.connect("autodoc-process-docstring", add_picture)
    return {"parallel_read_safe": True}
