"""The tutorials run, from the first line to the last, and show what is stored in them.

Each notebook is run once, all in one kernel, whose imports and compiled functions they share. Where the packages are those that the notebook
was made with, its texts, numbers and figures are compared with what comes out; elsewhere only what kind of output each cell has.
``make notebooks`` stores them anew: look at them before they are committed.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import runpy
import sys
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

import mudata
import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

TUTORIALS = Path(__file__).parents[1] / "tutorials"
NOTEBOOKS = sorted(TUTORIALS.glob("*.ipynb"))
SIMULATED = ("quickstart", "sections")

_SPEC = importlib.util.spec_from_file_location("execute", TUTORIALS / "execute.py")
execute = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(execute)

NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
RELATIVE, ABSOLUTE = 0.05, 0.05  # by how much a number may differ
DIFFERENT = 0.2  # of a channel from 0 to 1
MOST = 0.005  # share of pixels that may differ so


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def varies(cell):
    """Whether its outputs are other ones on every machine, as a UMAP is."""
    return "varies" in cell.metadata.get("tags", [])


def kinds(cell):
    return ["image/png" if "image/png" in output.get("data", {}) else output.output_type for output in cell.outputs]


def text(cell):
    """What the cell writes, without what figures say of themselves."""
    shown = [
        output.get("text", "")
        if output.output_type == "stream"
        else "" * ("image/png" in output.data) or output.data.get("text/plain", "") * ("image/png" not in output.data)
        for output in cell.outputs
    ]
    return "\n".join(shown)


def numbers(shown):
    return [float(number.replace(",", "")) for number in NUMBER.findall(shown)]


def words(shown):
    """The text with # for each number, whatever the widths of columns."""
    return re.sub(r"[-─]{2,}", "", NUMBER.sub("#", shown)).split()


def difference(before, after):
    """Where two outputs in text differ, or None."""
    if words(before) != words(after):
        return f"{before!r} is now {after!r}"
    for one, other in zip_longest(numbers(before), numbers(after)):
        if not np.isclose(one, other, rtol=RELATIVE, atol=ABSOLUTE):
            return f"{one} is now {other} in {after!r}"
    return None


def flat(picture):
    """A picture from 0 to 1 without transparency, (height, width, 3)."""
    alpha = picture[..., 3:] if picture.shape[2] == 4 else 1
    return picture[..., :3] * alpha + 1 - alpha


def unlike(one, other):
    """Share of the pixels of two figures (PNG) that are unlike all pixels next to their place in the other figure."""
    one, other = (plt.imread(BytesIO(picture)) for picture in (one, other))
    if one.shape[:2] != other.shape[:2]:
        return 1.0
    one, other = (gaussian_filter(flat(picture), (0.6, 0.6, 0)) for picture in (one, other))
    low, high = minimum_filter(other, (3, 3, 1)), maximum_filter(other, (3, 3, 1))
    return float(((one < low - DIFFERENT) | (one > high + DIFFERENT)).any(axis=2).mean())


def same_packages(notebook):
    return notebook.metadata.get("made_with") == execute.made_with()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all notebooks, as a function that runs one of them in it from a clean start."""
    from jupyter_client.manager import KernelManager

    folder = tmp_path_factory.mktemp("notebooks")
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=execute.environment())
    clean = "import matplotlib, warnings\nmatplotlib.rcdefaults()\nwarnings.resetwarnings()\n%reset -f"

    def run(notebook):
        cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(clean)])
        for one in (cells, notebook):
            client = NotebookClient(one, km=manager, timeout=300, coalesce_streams=True)
            try:
                client.execute()
            finally:
                client.kc.stop_channels()
        return notebook

    yield run
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.slow
def test_notebook_shows_what_it_gives(path, kernel, request):
    if path.stem not in SIMULATED:
        request.getfixturevalue("data_dir")
    stored = read(path)
    again = kernel(copy.deepcopy(stored))
    strict = same_packages(stored)
    found = []
    for before, after in zip(code_cells(stored), code_cells(again), strict=True):
        execute.without_bars(after)
        changes = [] if kinds(before) == kinds(after) else [f"{kinds(before)} are now {kinds(after)}"]
        if strict and not varies(before) and not changes:
            changes = [change for change in [difference(text(before), text(after))] if change]
            for one, other in zip(execute.pictures(before), execute.pictures(after), strict=True):
                share = max(unlike(one, other), unlike(other, one))
                changes += [f"{share:.1%} of the figure is other"] * (share > MOST)
        found += [f"{before.source}\n-> {change}" for change in changes]
    assert not found, "run `make notebooks` and look at what changed:\n\n" + "\n\n".join(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_complete(path):
    stored = read(path)
    cells = code_cells(stored)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run `make notebooks`"
    pictures = [picture for cell in cells for picture in execute.pictures(cell)]
    assert len(pictures) == len(set(pictures)) > 0
    assert min(flat(plt.imread(BytesIO(picture))).std() for picture in pictures) > 0.02, "a figure is empty"
    assert path.stat().st_size < 1_000_000
    assert not any("Traceback" in text(cell) or "Warning" in text(cell) for cell in cells)
    assert not re.search(r"/(home|tmp|work|root)/", json.dumps(stored)), "the name of a folder of some machine"


def rounds_to(shown, number):
    """Whether a number in prose is one that is shown, to the digits that the prose gives, or a share in per cent."""
    digits = len(number.partition(".")[2])
    value = float(number.replace(",", ""))
    return any(round(one, digits) == value or round(100 * one, digits) == value for one in shown)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_number_of_the_text_is_shown(path):
    stored = read(path)
    shown = [abs(number) for cell in code_cells(stored) for number in numbers(text(cell) + "\n" + cell.source)]
    prose = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "markdown")
    prose = re.sub(r"(?s)```.*?```|`[^`]*`|\]\([^)]*\)|\{\w+\}", " ", prose)
    said = re.findall(r"(?<![\w.-])\d+(?:[.,]\d+)*(?![\w])", prose)
    assert [number for number in said if not rounds_to(shown, number)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_gallery_finds_a_figure(path):
    (tagged,) = [cell for cell in code_cells(read(path)) if "thumbnail" in cell.metadata.get("tags", [])]
    assert len(execute.pictures(tagged)) == 1


def test_bars_are_not_stored_and_messages_are():
    bar = "integrate:  40%|████      | 2/5 [00:01<00:01,  1.93step/s, trying 3 domains]"
    cell = nbformat.v4.new_code_cell("1")
    for written in (f"before\n{bar}spamca: found\n{bar}\nafter\n", f"{bar}\n"):
        cell.outputs.append(nbformat.v4.new_output("stream", text=written))
    execute.without_bars(cell)
    assert [output.text for output in cell.outputs] == ["before\nspamca: found\nafter\n"]


def figure(*, color="#0072B2", panels=2, title="domains"):
    drawn, axes = plt.subplots(1, panels, squeeze=False, figsize=(6, 3))
    for ax in axes.flat:
        y, x = np.divmod(np.arange(400), 20)
        ax.scatter(x, y, s=40, c=np.where(x < 12, "#E69F00", color))
        ax.set_title(title)
    stored = BytesIO()
    drawn.savefig(stored)
    return stored.getvalue()


@pytest.mark.parametrize("change", [{"color": "#009E73"}, {"panels": 1}, {"title": "other domains of this tissue"}])
def test_a_change_of_a_figure_is_seen(change):
    before, after = figure(), figure(**change)
    assert max(unlike(before, after), unlike(after, before)) > MOST
    assert unlike(before, figure()) == 0


@pytest.mark.parametrize(
    "after", ["ARI 0.47 of 1,000 spots", "ARI 0.55 of 1,300 spots", "NMI 0.55 of 1,000 spots", "ARI 0.55"]
)
def test_a_change_of_a_text_is_seen(after):
    before = "ARI 0.55 of 1,000 spots"
    assert difference(before, after) is not None
    assert difference(before, "ARI  0.53 of 1,010\nspots") is None


@pytest.mark.slow
def test_demo_runs(tmp_path, monkeypatch, capsys):
    demo = TUTORIALS / "demo.py"
    monkeypatch.setattr(sys, "argv", [str(demo), str(tmp_path), "--n-spots", "150", "--max-epochs", "3"])
    runpy.run_path(str(demo), run_name="__main__")
    assert "side by side, smoothed" in capsys.readouterr().out
    assert (tmp_path / "domains.png").stat().st_size > 0
    mdata = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    assert {"label", "spamca"} <= set(mdata.obs)
