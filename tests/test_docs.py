"""The code of the documentation: calls that exist, with arguments that they take, and pages that run on a small tissue."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from unittest import mock

import anndata
import numpy as np
import pandas as pd
import pytest

import spamca

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts)]
BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```", flags=re.MULTILINE | re.DOTALL)


def blocks(page):
    """Code of a page, block by block; a rule of Snakemake is no Python."""
    found = [inspect.cleandoc(code) for _, code in BLOCK.findall(page.read_text())]
    return [code for code in found if not code.startswith("rule ")]


WITH_CODE = [page for page in PAGES if blocks(page)]


def called(code):
    """Names of the functions of spamca that are called, with the number of arguments by position and the names of the others."""
    for node in ast.walk(ast.parse(code)):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if name.startswith("spamca."):
            yield name, len(node.args), [keyword.arg for keyword in node.keywords if keyword.arg]


def fits(name, n_args, keywords):
    """Whether spamca has that function, and it takes these arguments."""
    try:
        function = spamca
        for part in name.split(".")[1:]:
            function = getattr(function, part)
        inspect.signature(function).bind_partial(*range(n_args), **dict.fromkeys(keywords))
    except (AttributeError, TypeError) as error:
        return f"{name}: {error}"
    return None


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_calls_fit(page):
    wrong = [fits(*call) for code in blocks(page) for call in called(code)]
    assert [one for one in wrong if one] == []


def test_calls_that_do_not_fit():
    (call,) = called("spamca.tl.integrate(mdata, 3, n_domains=4)")
    assert "n_domains" in fits(*call)
    assert "integrat" in fits("spamca.tl.integrat", 1, [])
    assert "too many" in fits("spamca.tl.integrate", 5, [])
    assert fits("spamca.tl.integrate", 2, ["key_added"]) is None


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def small(simulated=spamca.datasets.simulated, **arguments):
    """A tissue that is quick to integrate."""
    return simulated(**{**arguments, "n_spots": 160, "n_domains": 3, "n_features": 30})


def table(path):
    """One modality, with the coordinates that a file would have."""
    name = "rna" if "rna" in str(path) else "protein"
    adata = small()[name].copy()
    adata.obs["array_row"], adata.obs["array_col"] = np.divmod(np.arange(adata.n_obs), 13)
    return adata


def ran(page, tmp_path, monkeypatch, **given):
    """Run the code of a page in one place, where files and readers give small tissue."""
    monkeypatch.chdir(tmp_path)
    positions = pd.DataFrame(small().obsm["spatial"], index=small().obs_names, columns=["x", "y"])
    with (
        mock.patch.object(spamca.io, "read", side_effect=lambda *args, **kwargs: small()),
        mock.patch.object(spamca.datasets, "simulated", small),
        mock.patch.object(spamca, "report"),  # tests/report draws it
        mock.patch.object(anndata, "read_h5ad", table),
        mock.patch.object(pd, "read_csv", return_value=positions),
    ):
        space = {"spamca": spamca, "mdata": small(), **given}
        for code in blocks(page):
            exec(compile(code, str(page), "exec"), space)
    return space


HOW_TO = "visium-protein visium-hd atac-rna cite-seq missing sections domains new-tissue drivers"
RUN = ["docs/start/quickstart.md", *(f"docs/how-to/{name}.md" for name in HOW_TO.split())]


@pytest.mark.parametrize("name", RUN)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_page_runs(name, tmp_path, monkeypatch):
    mdata = small()
    if not any("integrate" in call for code in blocks(ROOT / name) for call, _, _ in called(code)):
        spamca.tl.integrate(mdata, 3, progress_bar=False)
    ran(ROOT / name, tmp_path, monkeypatch, mdata=mdata, other=small())
