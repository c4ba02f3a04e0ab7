"""The package as a whole: what it costs to import, what is public, what its examples give."""

from __future__ import annotations

import ast
import builtins
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
from numpydoc.docscrape import FunctionDoc
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
METHODS = {f"Model.{name}": getattr(spamca.Model, name) for name in ("from_mudata", "load", "save")}


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
    # no docstring, sections unknown or out of order, parameters missing, unknown or out of order, no description, no returns, no example
    required = {"GL06", "GL07", "GL08", "PR01", "PR02", "PR03", "PR07", "PR10", "RT01", "EX01", "SS01"}
    assert [error for error in report["errors"] if error[0] in required] == []
    assert "Returns" in inspect.getdoc(FUNCTIONS[name])


def misread(doc):
    """What numpydoc takes for something else in Returns and Raises."""
    found = []
    for entry in doc["Raises"]:
        kinds = [getattr(builtins, kind, None) for kind in entry.type.split(", ")]
        if not (entry.desc and all(isinstance(kind, type) and issubclass(kind, Exception) for kind in kinds)):
            found.append(("Raises", entry))
    for entry in doc["Returns"]:
        slot = re.fullmatch(r"(``[^`]+``(, | or )?)+", entry.type)
        kind = re.fullmatch(r"[\w.]+(\[[^`]+\])?( \| [\w.]+(\[[^`]+\])?)*", entry.type)
        sentence = not entry.desc and entry.type[:2] not in ("- ", "* ")
        if entry.name or not (sentence or (entry.desc and (slot or kind))):
            found.append(("Returns", entry))
    return found


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_returns_and_raises(name):
    documented = FUNCTIONS.get(name) or METHODS[name]
    assert misread(FunctionDoc(documented)) == []
    # Sentences and what is written where are paragraphs of their own, which Sphinx joins otherwise.
    lines = inspect.getdoc(documented).partition("Returns\n-------\n")[2].partition("\n\nRaises\n")[0].splitlines()
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if after.startswith("    ") and not line.startswith(" ") and line:
            assert not before or before.startswith(" "), f"an empty line is missing before {line!r}"


def test_misread():
    def doc(text):
        return FunctionDoc(None, doc=f"Do.\n\n{text}")

    wrong = [
        "Returns\n-------\n- ``a``: the first;\n- ``b``: the second.",
        "Returns\n-------\naxes : those of the modalities.",
        "Returns\n-------\na table for each\n    As it was.",
        "Raises\n------\nValueError\n    If so.\n``mdata`` is unchanged.",
        "Raises\n------\nKeyError, ValueErr\n    If so.",
        "Raises\n------\nKeyError",
    ]
    assert [len(misread(doc(text))) for text in wrong] == [2, 1, 1, 1, 1, 1]
    right = 'Returns\n-------\nNone, or a copy.\n\n``obs["a"]``, ``b``\n    Text.\n\nRaises\n------\nKeyError, ValueError\n    If so.'
    assert misread(doc(right)) == []


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


def test_first_calls_import_little(tmp_path):
    code = f"""
import sys, spamca
mdata = spamca.datasets.simulated(n_spots=100, n_domains=3)
spamca.pp.neighbors(mdata)
assert "torch" not in sys.modules
spamca.tl.integrate(mdata, 3, progress_bar=False)
spamca.metrics.score(mdata)
spamca.Model.from_mudata(mdata).save({str(tmp_path / "model.safetensors")!r})
spamca.tl.transform(mdata, {str(tmp_path / "model.safetensors")!r})
slow = ("lightning", "muon", "numba", "pynndescent", "scanpy", "squidpy", "torch_geometric")
print(*[name for name in slow if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
