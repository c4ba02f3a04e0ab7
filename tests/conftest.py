"""What the tests share: small tissue, integrated tissue, and the folder of real tissue."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ["MPLBACKEND"] = "agg"
# What the tests compute is small: a second thread would only wait for the first, long so where other programs run.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items):
    gpu = [item for item in items if item.get_closest_marker("gpu")]
    if not gpu:
        return
    import torch

    if not torch.cuda.is_available():
        for item in gpu:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def data_dir() -> Path:
    """The folder of real tissue; the test is skipped where there is none."""
    folder = os.environ.get("SPAMCA_TEST_DATA")
    if not folder:
        pytest.skip("SPAMCA_TEST_DATA names no folder")
    path = Path(folder) / "data"
    if not path.is_dir():
        pytest.skip(f"SPAMCA_TEST_DATA={folder!r} has no folder named data")
    return path


@pytest.fixture(scope="session")
def _simulated():
    import spamca

    return spamca.datasets.simulated(n_spots=225, n_domains=3, n_features=40, difficulty=0.2)


@pytest.fixture(scope="session")
def _integrated(_simulated):
    import spamca

    mdata = _simulated.copy()
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=3, max_epochs=20, progress_bar=False)
    spamca.tl.cluster(mdata)
    return mdata


@pytest.fixture
def tissue(_simulated):
    """Small simulated tissue as a reader would give it: two modalities, 225 spots, 3 domains, counts."""
    return _simulated.copy()


@pytest.fixture
def integrated(_integrated):
    """The same tissue after ``neighbors``, ``integrate`` (20 epochs) and ``cluster``."""
    return _integrated.copy()
