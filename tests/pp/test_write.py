"""Writing."""

from __future__ import annotations

import pytest
from mudata import MuData

from spamca.pp._write import writing


def test_failure_takes_writes_to_a_view_back(tissue):
    mdata = MuData({"rna": tissue["rna"][:50]})

    def fail():
        with writing(mdata, copy=False) as target:
            target["rna"].uns["new"] = 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "new" not in mdata["rna"].uns
    assert mdata["rna"].n_obs == 50
