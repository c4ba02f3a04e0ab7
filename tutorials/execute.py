"""Run every notebook of this folder and store its outputs; ``make notebooks`` does it."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

os.environ.pop("MPLBACKEND", None)  # another one than the notebook's own would keep its figures out

for path in sorted(Path(__file__).parent.glob("*.ipynb")):
    print(f"== {path.name}", flush=True)
    notebook = nbformat.read(path, as_version=4)
    # neither clock times nor every step of a progress bar: what is stored should change only where the result does
    NotebookClient(notebook, timeout=600, record_timing=False, coalesce_streams=True).execute()
    notebook.metadata.language_info = {"name": "python"}
    nbformat.write(notebook, path)
