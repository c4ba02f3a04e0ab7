"""The package as a whole: what it costs to import, what is public, what its examples give."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from numpydoc.validate import validate

import spamca

PARTS = ("datasets", "io", "metrics", "pl", "pp", "tl")
HEAVY = (
    "anndata",
    "lightning",
    "matplotlib",
    "mudata",
    "muon",
    "pandas",
    "scanpy",
    "scipy",
    "sklearn",
    "squidpy",
    "torch",
)


def public():
    for part in PARTS:
        module = importlib.import_module(f"spamca.{part}")
        for name in module.__all__:
            yield f"{part}.{name}", getattr(module, name)
    yield "report", spamca.report


FUNCTIONS = dict(public())


def test_import_is_cheap():
    code = f"import spamca, sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.perf_counter() - start < 3
    assert result.stdout.split() == []
    assert result.stderr == ""


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_what_is_imported_is_declared_and_the_other_way_round():
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    required = project["dependencies"]
    optional = [one for several in project["optional-dependencies"].values() for one in several]
    declared, extra = ({re.split(r"[^\w.-]", one)[0] for one in several} for several in (required, optional))
    top = {name.split(".")[0] for path in (root / "src").rglob("*.py") for name in imported(path)}
    outside = top - sys.stdlib_module_names - {"spamca"}
    distributions = packages_distributions()
    # What is optional need not be installed.
    found = {name: {d.lower().replace("_", "-") for d in distributions.get(name, [name])} for name in outside}
    assert {name for name, providers in found.items() if not providers & (declared | extra)} == set()
    assert declared - set().union(*found.values()) == set()


def test_parts():
    assert sorted(spamca.__all__) == sorted(["Model", "report", *PARTS])
    assert {*PARTS, "Model", "report", "__version__"} <= set(dir(spamca))
    assert spamca.Model is importlib.import_module("spamca.model").Model
    assert [spamca.__getattr__(part) for part in PARTS] == [importlib.import_module(f"spamca.{part}") for part in PARTS]
    assert spamca.__version__ == version("spamca")
    with pytest.raises(AttributeError, match="'spamca' has no attribute 'gr'"):
        _ = spamca.gr


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature(name):
    parameters = list(inspect.signature(FUNCTIONS[name]).parameters.values())
    by_position = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(by_position) <= 2, "data first, at most one more, then keywords only"
    assert all(p.annotation is not p.empty for p in parameters)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring(name):
    report = validate(f"spamca.{name}")
    # no docstring, parameters missing, unknown or out of order, no description, no returns, no example
    required = {"GL08", "PR01", "PR02", "PR03", "PR07", "RT01", "EX01", "SS01"}
    assert [error for error in report["errors"] if error[0] in required] == []
    assert "Returns" in inspect.getdoc(FUNCTIONS[name])


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.slow
def test_example(name, tmp_path, monkeypatch, request):
    if name.startswith("datasets.") and "url" in inspect.signature(FUNCTIONS[name]).parameters:
        monkeypatch.setenv("SPAMCA_DATA_DIR", str(request.getfixturevalue("data_dir")))  # in place of a download
    monkeypatch.chdir(tmp_path)
    tests = doctest.DocTestFinder(recurse=False).find(FUNCTIONS[name], name, globs={})
    assert sum(len(test.examples) for test in tests) > 0
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    report = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
