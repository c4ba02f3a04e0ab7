"""Sphinx builds the documentation from this."""

from __future__ import annotations

import os
import sys
from importlib.metadata import metadata
from pathlib import Path

HERE = Path(__file__).parent

sys.path.insert(0, str(HERE / "_ext"))

info = metadata("spamca")
project = info["Name"]
author = "the spamca developers"
copyright = f"2026, {author}"
version = release = info["Version"]

extensions = [
    "myst_nb",
    "gallery",
    "returns",
    "sources",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
]

# The build must also pass where nothing can be fetched, so links to other projects are made where the pages are published.
if "READTHEDOCS" in os.environ:
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "anndata": ("https://anndata.readthedocs.io/en/stable/", None),
        "lightning": ("https://lightning.ai/docs/pytorch/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "mudata": ("https://mudata.readthedocs.io/stable/", None),
        "muon": ("https://muon.readthedocs.io/en/latest/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "pandas": ("https://pandas.pydata.org/docs/", None),
        "python": ("https://docs.python.org/3/", None),
        "scanpy": ("https://scanpy.readthedocs.io/en/stable/", None),
        "scipy": ("https://docs.scipy.org/doc/scipy/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
        "squidpy": ("https://squidpy.readthedocs.io/en/stable/", None),
        "torch": ("https://docs.pytorch.org/docs/stable/", None),
    }

templates_path = ["_templates"]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]

autosummary_generate = True
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 40  # one parameter a line, which fits a phone
python_trailing_comma_in_multi_line_signatures = False
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
default_role = "literal"
napoleon_google_docstring = False
napoleon_use_rtype = True
napoleon_custom_sections = ["Shape"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

html_theme = "sphinx_book_theme"
html_title = "spamca"
html_static_path = ["_static"]
html_css_files = ["spamca.css"]
html_theme_options = {"navbar_persistent": [], "navigation_with_keys": False}
