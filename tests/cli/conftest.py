from __future__ import annotations

import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def _tissue_file(_simulated, tmp_path_factory):
    path = tmp_path_factory.mktemp("input") / "tissue.h5mu"
    _simulated.copy().write(path)
    return path


@pytest.fixture
def tissue_file(_tissue_file, tmp_path):
    """The small tissue in a file, alone in its folder."""
    return shutil.copy(_tissue_file, tmp_path / "tissue.h5mu")


@pytest.fixture(scope="session")
def _integrated_file(_integrated, tmp_path_factory):
    path = tmp_path_factory.mktemp("input") / "integrated.h5mu"
    _integrated.copy().write(path)
    return path


@pytest.fixture
def integrated_file(_integrated_file, tmp_path):
    """The tissue with its domains in a file, alone in its folder."""
    return shutil.copy(_integrated_file, tmp_path / "integrated.h5mu")


@pytest.fixture
def model_file(_integrated, tmp_path):
    """The model of that tissue in a file."""
    from spamca import Model

    Model.from_mudata(_integrated).save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def spamca():
    """Run the command in a process of its own."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "spamca", *map(str, arguments)], capture_output=True, text=True, check=False
        )

    return run
