from __future__ import annotations

import pytest

import spamca


@pytest.fixture(scope="session")
def _with_graphs(_simulated):
    mdata = _simulated.copy()
    spamca.pp.neighbors(mdata)
    return mdata


@pytest.fixture
def with_graphs(_with_graphs):
    """The tissue after ``neighbors``."""
    return _with_graphs.copy()
