"""The tutorials run, from the first line to the last."""

from __future__ import annotations

import ast
import copy
import re
import runpy
import sys
from pathlib import Path

import mudata
import nbformat
import pytest
from nbclient import NotebookClient

from spamca.nn import Settings

TUTORIALS = Path(__file__).parents[1] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """What a cell shows whatever the machine and the versions: pictures or text, and what spamca tells, without numbers."""
    kinds = ["image/png" in output.data if "data" in output else output.output_type for output in cell.outputs]
    told = [line for output in cell.outputs for line in re.findall(r"spamca: ?(\w+: .*)", output.get("text", ""))]
    return kinds, [re.sub(r"\d[\d.]*", "#", line) for line in told]


def text_of(notebook, words):
    """Text that the cell with these words shows."""
    (cell,) = [cell for cell in code_cells(notebook) if words in cell.source]
    return cell.outputs[-1].data["text/plain"]


def settings_of(notebook):
    shown = ast.literal_eval(text_of(notebook, 'uns["spamca"]["params"]'))
    return {name: shown[name] for name in Settings.__dataclass_fields__}


def scores_of(notebook):
    return [float(number) for number in re.findall(r"\d\.\d+", text_of(notebook, "spamca.metrics.score"))]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.slow
def test_notebook_shows_what_it_gives(path, tmp_path, monkeypatch):
    monkeypatch.delenv("MPLBACKEND")
    stored = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in code_cells(stored)] == list(range(1, len(code_cells(stored)) + 1))
    again = copy.deepcopy(stored)
    client = NotebookClient(again, timeout=300, coalesce_streams=True, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    for before, after in zip(code_cells(stored), code_cells(again), strict=True):
        assert shown(before) == shown(after), f"run `make notebooks`: {before.source}"
    assert settings_of(stored) == settings_of(again), "run `make notebooks`"
    assert scores_of(stored) == pytest.approx(scores_of(again), abs=0.05), "run `make notebooks`"
    pictures = [
        output.data["image/png"]
        for cell in code_cells(stored)
        for output in cell.outputs
        if "data" in output and "image/png" in output.data
    ]
    assert len(pictures) == len(set(pictures)) > 0
    # a figure without anything in it is a few kilobytes
    assert min(map(len, pictures)) > 5_000


@pytest.mark.slow
def test_demo_runs(tmp_path, monkeypatch, capsys):
    demo = TUTORIALS / "demo.py"
    monkeypatch.setattr(sys, "argv", [str(demo), str(tmp_path), "--n-spots", "150", "--max-epochs", "3"])
    runpy.run_path(str(demo), run_name="__main__")
    assert "side by side, smoothed" in capsys.readouterr().out
    assert (tmp_path / "domains.png").stat().st_size > 0
    mdata = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert {"label", "spamca"} <= set(mdata.obs)
