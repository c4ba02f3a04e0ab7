from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

import spamca
from spamca.cli import main
from spamca.cli._app import RUN, TRANSFORM, app
from spamca.cli._options import OF_THE_COMMAND, arguments, options

HEAVY = {"anndata", "lightning", "matplotlib", "mudata", "numpy", "pandas", "scanpy", "torch"}
FILES = {
    "run": ["tissue.h5mu", "-o", "out.h5mu"],
    "transform": ["tissue.h5mu", "-o", "out.h5mu", "--model", "model.safetensors"],
}
OF_FILES = {"source", "files", "model", "save_model", "log"}


def function(name):
    part, verb = name.split(".")
    return getattr(getattr(spamca, part), verb)


def parsed(*typed, command="run"):
    """Options that were given for functions."""
    held = app.parse_args([command, *FILES[command], *map(str, typed)], print_error=False, exit_on_error=False)[1]
    return {name: value for name, value in held.arguments.items() if name not in OF_FILES}


@pytest.mark.parametrize("name", sorted({*RUN, *TRANSFORM}))
def test_what_is_read_from_the_source_is_the_signature(name):
    """Defaults are those of the function, not the names of constants."""
    true = inspect.signature(function(name)).parameters
    read = arguments(name)
    assert list(read) == [argument for argument in true if argument not in OF_THE_COMMAND]
    for argument, (parameter, text) in read.items():
        assert parameter.default == true[argument].default
        assert type(parameter.default) is type(true[argument].default)
        assert text, f"{argument} is not described"
        assert "`" not in text


@pytest.mark.parametrize("functions", [RUN, TRANSFORM])
def test_every_argument_is_an_option_and_every_option_an_argument(functions):
    reached = {(name, option.argument) for option in options(functions) for name in option.functions}
    expected = {(name, argument) for name in functions for argument in inspect.signature(function(name)).parameters}
    assert reached == {(name, argument) for name, argument in expected if argument not in OF_THE_COMMAND}
    names = [option.parameter.name for option in options(functions)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("functions", [RUN, TRANSFORM])
def test_the_help_says_what_an_option_is_by_default(functions):
    for option in options(functions):
        text = option.parameter.annotation.__metadata__[-1].help
        if option.parameter.default is None:
            assert "None: " not in text, option.argument
            assert "None takes" not in text, option.argument
    of = {option.parameter.name: option.parameter for option in options(RUN)}
    assert of["key_added"].default == "spamca"
    assert of["n_clusters_range"].default is None
    assert "Default: 6." in of["n_neighs"].annotation.__metadata__[-1].help
    assert not {"key", "restrict_to", "copy"} & set(of)


@pytest.mark.parametrize("command", FILES)
def test_what_is_not_given_is_left_to_the_function(command):
    assert parsed(command=command) == {}


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("--n-clusters 10", "n_clusters", 10),
        ("--n-clusters 10 --n-clusters 4", "n_clusters", 4),
        ("--radius 1.5", "radius", 1.5),
        ("--refine", "refine", True),
        ("--no-progress-bar", "progress_bar", False),
        ("--n-clusters-range 3 8", "n_clusters_range", (3, 8)),
        ("--settings n_latent=64 --settings mask_rate=0.3", "settings", {"n_latent": 64, "mask_rate": 0.3}),
        ("--settings fusion=concatenation", "settings", {"fusion": "concatenation"}),
        ("--modality-trust rna=0.5", "modality_trust", {"rna": 0.5}),
        ("--modality-trust rna.1=0.5", "modality_trust", {"rna.1": 0.5}),
        ("--neighbors-use-rep X_pca", "neighbors_use_rep", "X_pca"),
        ("--neighbors-use-rep rna=X_pca", "neighbors_use_rep", {"rna": "X_pca"}),
        ("--tables rna --tables adt", "tables", ["rna", "adt"]),
        ("--library-key section", "library_key", "section"),
        ("--library-key none", "library_key", None),
        ("--checkpoint state", "checkpoint", "state"),
        ("--devices 2", "devices", 2),
        ("--devices [2]", "devices", [2]),
        ("--devices auto", "devices", "auto"),
    ],
)
def test_values(typed, name, value):
    values = parsed(*typed.split())
    assert values == {name: value}
    assert type(values[name]) is type(value)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--n-clusters ten", 'Invalid value for --n-clusters: unable to convert "ten" into int'),
        ("--settings n_latent", "expected NAME=VALUE, got 'n_latent'"),
        ("--tables rna --tables adt=table", "Cannot supply keyword & non-keyword arguments to --tables"),
        ("--n-clus 3", "Unknown option: --n-clus. Did you mean --n-clusters?"),
        ("--threads 0", 'Invalid value "0" for --threads. Must be > 0'),
        ("--log-level loud", "--log-level"),
        ("--output out.h5ad", "out.h5ad"),
        ("--save-model model.pt", "model.pt"),
    ],
)
def test_wrong_usage(typed, message, capsys):
    assert main(["run", *FILES["run"], *typed.split()]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


@pytest.mark.parametrize("typed", [["run"], ["transform", "tissue.h5mu", "-o", "out.h5mu"], ["fly"], []])
def test_what_is_missing(typed, capsys):
    assert main(typed) == 2
    assert "".join(capsys.readouterr())


def test_what_needs_no_tissue_imports_nothing_heavy():
    typed = [
        "--version",
        "--help",
        "run --help",
        "transform --help",
        "info --help",
        "run a.h5mu -o b.h5mu --n-clusters x",
    ]
    code = (
        f"import sys\nfrom spamca.cli import main\nfor typed in {typed!r}:\n    main(typed.split())\n"
        f"sys.stderr.write(' '.join({HEAVY!r} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == 'spamca: Invalid value for --n-clusters: unable to convert "x" into int.\n'
    assert done.stdout.count("Usage: spamca") == 4


def test_help_shows_defaults_and_descriptions(capsys):
    assert main(["run", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--spatial-key STR Name of the coordinates in obsm. [default: spatial]" in shown
    assert "--key-added STR" in shown
    assert "[default: spamca]" in shown
    assert "--settings NAME=VALUE" in shown
    assert "130: interrupted from the keyboard" in shown


def test_toml_and_json_say_the_same(tmp_path):
    held = {"n_clusters": 8, "settings": {"n_latent": 64, "views": ["spatial"]}, "n-clusters-range": [2, 9]}
    held |= {"refine": True, "devices": [2], "modality_trust": {"rna.1": 0.1}, "tables": ["rna", "adt"]}
    (tmp_path / "run.json").write_text(json.dumps(held))
    (tmp_path / "run.toml").write_text(
        "n_clusters = 8\nn-clusters-range = [2, 9]\nrefine = true\ndevices = [2]\ntables = ['rna', 'adt']\n"
        "[settings]\nn_latent = 64\nviews = ['spatial']\n[modality_trust]\n'rna.1' = 0.1\n"
    )
    expected = {name.replace("-", "_"): value for name, value in held.items()} | {"n_clusters_range": (2, 9)}
    for name in ("run.json", "run.toml"):
        assert parsed("--config", tmp_path / name) == expected


def test_what_is_typed_wins(tmp_path):
    (tmp_path / "run.toml").write_text(
        "n_clusters = 8\nmethod = 'leiden'\ntables = {rna = 'gex'}\n"
        "[settings]\nn_latent = 64\nmask_rate = 0.3\nscale_features = true\n"
    )
    typed = ["--config", tmp_path / "run.toml", "--n-clusters", 5, "--settings", "n_latent=16", "--tables", "rna"]
    settings = {"n_latent": 16, "mask_rate": 0.3, "scale_features": True}
    assert parsed(*typed) == {"n_clusters": 5, "method": "leiden", "settings": settings, "tables": "rna"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.toml", "n_cluster = 8", 'Unknown option: "[n_cluster]" from'),
        ("run.toml", "n_clusters = 'eight'", "[n_clusters] from"),
        ("run.toml", "n_clusters = ", "cannot be read"),
        ("run.json", "{", "cannot be read"),
        ("run.json", "[1]", "must hold names and values, it holds a list"),
        ("run.yaml", "n_clusters: 8", 'does not match one of supported extensions {"json", "toml"}'),
        ("none.json", None, "does not exist"),
    ],
)
def test_a_file_of_options_is_refused(tmp_path, name, content, message, capsys):
    if content is not None:
        (tmp_path / name).write_text(content)
    assert main(["run", *FILES["run"], "--config", str(tmp_path / name)]) == 2
    assert message in capsys.readouterr().err
