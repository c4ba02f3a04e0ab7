"""What the tests share: small tissue, integrated tissue, and the folder of real tissue."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ["MPLBACKEND"] = "agg"
# What the tests compute is small: a second thread would only wait for the first, long so where other programs run.
os.environ.setdefault("OMP_NUM_THREADS", "1")


# Processes of their own, compilation, real tissue: begun first, so that no process of the tests ends alone with one of them.
LONGEST = (
    "test_real_tissue.py",
    "test_tutorials.py",
    "test_devices.py",
    "test_shards.py",
    "test_signals.py",
    "test_feature.py",
    "test_to_spatialdata.py",
    "test_integrate.py",
    "test_run.py",
)


def pytest_addoption(parser):
    parser.addoption("--update-images", action="store_true", help="draw the images of tests/pl/images anew")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def _with_graphs(_simulated):
    import spamca

    mdata = _simulated.copy()
    spamca.pp.neighbors(mdata)
    return mdata


@pytest.fixture
def with_graphs(_with_graphs):
    """The tissue after ``neighbors``."""
    return _with_graphs.copy()


@pytest.fixture
def tissue(_simulated):
    """Small simulated tissue as a reader would give it: two modalities, 225 spots, 3 domains, counts."""
    return _simulated.copy()


@pytest.fixture
def integrated(_integrated):
    """The same tissue after ``neighbors``, ``integrate`` (20 epochs) and ``cluster``."""
    return _integrated.copy()


@pytest.fixture
def assert_same() -> Callable[[Any, Any], None]:
    """Compare everything that two MuData hold, and name the first place where they differ."""
    import numpy as np
    import pandas as pd
    from mudata import MuData
    from scipy.sparse import issparse

    def values(one, other, where):
        if isinstance(one, pd.DataFrame):
            assert set(one) == set(other), where
            assert list(one.index) == list(other.index), where
            for name in one:
                values(one[name], other[name], f"{where}[{name!r}]")
        elif isinstance(one, pd.Series) and isinstance(one.dtype, pd.CategoricalDtype):
            assert isinstance(other.dtype, pd.CategoricalDtype), where
            assert one.cat.ordered == other.cat.ordered, where
            values(one.cat.categories, other.cat.categories, f"{where} categories")
            np.testing.assert_array_equal(one.cat.codes, other.cat.codes, where)
        elif isinstance(one, pd.Series):
            assert pd.api.types.is_numeric_dtype(one) == pd.api.types.is_numeric_dtype(other), where
            pd.testing.assert_series_equal(one, other, check_dtype=False, check_index=False, obj=where)
        elif issparse(one):
            assert issparse(other), where
            assert one.dtype == other.dtype, where
            assert (one.nnz, (one != other).nnz) == (other.nnz, 0), where
        elif hasattr(one, "keys"):
            assert set(one.keys()) == set(other.keys()), where
            for name in one.keys():  # noqa: SIM118 (the mappings of MuData iterate over their names only this way)
                values(one[name], other[name], f"{where}[{name!r}]")
        elif one is None:
            assert other is None, where
        else:
            one, other = np.asarray(one), np.asarray(other)
            if one.dtype.kind in "biufc":
                assert one.dtype.kind == other.dtype.kind, where
            np.testing.assert_array_equal(one, other, where)

    def assert_same(one, other, where="mdata"):
        slots = ["obs", "var", "obsm", "varm", "obsp", "varp", "uns"]
        slots += ["obsmap", "varmap"] if isinstance(one, MuData) else ["layers"]
        for slot in slots:
            before, after = getattr(one, slot), getattr(other, slot)
            if isinstance(one, MuData) and slot in ("obs", "var"):
                # mudata 0.3 copies columns of the modalities into the MuData whenever it reads one
                copied = {f"{name}:{column}" for name in one.mod for column in getattr(one[name], slot)}
                after = after[[column for column in after if column in before or column not in copied]]
            values(before, after, f"{where}.{slot}")
        if isinstance(one, MuData):
            assert list(one.mod) == list(other.mod)
            for name in one.mod:
                assert_same(one[name], other[name], f"{where}[{name!r}]")
        else:
            values(one.X, other.X, f"{where}.X")

    return assert_same
