from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import spamca
from spamca.cli._options import OF_THE_COMMAND, options
from spamca.cli._parser import SUBCOMMANDS, parse
from spamca.cli._signatures import arguments
from spamca.cli._values import FORMS

FUNCTIONS = sorted({function for subcommand in SUBCOMMANDS for function in subcommand.functions})
HEAVY = {"anndata", "lightning", "matplotlib", "mudata", "numpy", "pandas", "scanpy", "torch"}
FILES = {
    "run": ["tissue.h5mu", "-o", "out.h5mu"],
    "transform": ["tissue.h5mu", "-o", "out.h5mu", "--model", "model.safetensors"],
}


def function(name):
    part, verb = name.split(".")
    return getattr(getattr(spamca, part), verb)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_read_from_the_source_is_the_signature(name):
    read, true = arguments(name), inspect.signature(function(name)).parameters
    assert [argument.name for argument in read] == list(true)
    for argument in read:
        assert str(true[argument.name].annotation).removesuffix(" | None") == argument.annotation
        required = true[argument.name].default is inspect.Parameter.empty
        assert (argument.default is None) is required
        assert argument.text, f"{argument.name} is not described"
        assert "`" not in argument.text


@pytest.mark.parametrize("subcommand", [one for one in SUBCOMMANDS if one.functions], ids=lambda one: one.name)
def test_every_argument_is_an_option_and_every_option_an_argument(subcommand):
    reached = {(f, option.argument.name) for option in options(subcommand.functions) for f in option.functions}
    expected = {
        (name, argument) for name in subcommand.functions for argument in inspect.signature(function(name)).parameters
    }
    assert reached == {(name, argument) for name, argument in expected if argument not in OF_THE_COMMAND}
    names = [option.name for option in options(subcommand.functions)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("subcommand", [one for one in SUBCOMMANDS if one.functions], ids=lambda one: one.name)
def test_what_is_not_given_is_left_to_the_function(subcommand):
    assert parse([subcommand.name, *FILES[subcommand.name]]).values == {}


def test_types_are_known():
    """A type without a form is read as JSON, which is well for few: see whether a new one wants a form of its own."""
    held = {option.argument.annotation for subcommand in SUBCOMMANDS for option in options(subcommand.functions)}
    assert held - set(FORMS) <= {"int | str | list[int]"}


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("--n-clusters 10", "n_clusters", 10),
        ("--radius 1.5", "radius", 1.5),
        ("--refine", "refine", True),
        ("--no-progress-bar", "progress_bar", False),
        ("--n-clusters-range 3 8", "n_clusters_range", [3, 8]),
        ("--settings n_latent=64 --settings mask_rate=0.3", "settings", {"n_latent": 64, "mask_rate": 0.3}),
        ("--settings fusion=concatenation", "settings", {"fusion": "concatenation"}),
        ("--modality-trust rna=0.5", "modality_trust", {"rna": 0.5}),
        ("--neighbors-use-rep X_pca", "neighbors_use_rep", "X_pca"),
        ("--neighbors-use-rep rna=X_pca", "neighbors_use_rep", {"rna": "X_pca"}),
        ("--tables rna --tables adt", "tables", ["rna", "adt"]),
        ("--devices 2", "devices", 2),
        ("--devices [2]", "devices", [2]),
        ("--devices auto", "devices", "auto"),
    ],
)
def test_values(typed, name, value):
    values = parse(["run", *FILES["run"], *typed.split()]).values
    assert values == {name: value}
    assert type(values[name]) is type(value)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--n-clusters ten", "--n-clusters: invalid int value: 'ten'"),
        ("--settings n_latent", "expected NAME=VALUE, got 'n_latent'"),
        ("--tables rna --tables adt=table", "give either names or NAME=VALUE"),
        ("--n-clus 3", "unrecognized arguments: --n-clus"),
        ("--threads 0", "must be a whole number of at least 1"),
    ],
)
def test_wrong_usage(typed, message, capsys):
    with pytest.raises(SystemExit) as error:
        parse(["run", *FILES["run"], *typed.split()])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_output_must_be_a_mudata(capsys):
    with pytest.raises(SystemExit):
        parse(["run", "tissue.h5mu", "-o", "out.h5ad"])
    assert "must end on .h5mu" in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", [["--version"], ["--help"], ["run", "--help"], ["run", "tissue.h5mu", "--n-clusters", "x"]]
)
def test_what_needs_no_tissue_imports_nothing_heavy(typed):
    code = (
        "import sys\nfrom spamca.cli import main\n"
        f"try:\n    main({typed!r})\nexcept SystemExit:\n"
        f"    sys.stderr.write(' '.join({HEAVY!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1:] in ([], ["spamca run: error: argument --n-clusters: invalid int value: 'x'"])
