"""The tutorials run, from the first line to the last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mudata
import nbformat
import pytest
from nbclient import NotebookClient

TUTORIALS = Path(__file__).parents[1] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_holds_its_outputs(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run `make notebooks`"
    assert any(output.output_type == "display_data" for cell in cells for output in cell.outputs)


def test_demo_runs(tmp_path):
    command = [sys.executable, TUTORIALS / "demo.py", tmp_path / "demo", "--n-spots", "150", "--max-epochs", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "side by side, smoothed" in done.stdout
    assert (tmp_path / "demo" / "domains.png").stat().st_size > 0
    mdata = mudata.read_h5mu(tmp_path / "demo" / "tissue.h5mu")
    assert {"label", "spamca"} <= set(mdata.obs)
