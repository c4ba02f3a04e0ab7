from __future__ import annotations

import json
import time

import numpy as np
import pytest

from spamca.cli import _record
from spamca.cli._process import Interruption
from spamca.cli._record import Record, peak_memory

MB = 2**20


@pytest.fixture
def record():
    return Record(["run", "a tissue.h5mu"], Interruption())


def test_a_stage_is_timed(record):
    with record.stage("wait"):
        time.sleep(0.02)
    (done,) = record.stages
    assert done["stage"] == "wait"
    assert 0.02 <= done["seconds"] < 1
    assert done["peak_memory_bytes"] > 10 * MB
    held = json.loads(record.text(result=3))
    assert (held["command"], held["result"], held["stages"]) == ("spamca run 'a tissue.h5mu'", 3, [done])


def test_a_stage_that_fails_is_not_done(record):
    with pytest.raises(ValueError, match="no"), record.stage("fail"):
        raise ValueError("no")  # noqa: EM101
    assert record.stages == []


def test_no_stage_begins_after_a_signal(record):
    record.interruption.received = True
    with pytest.raises(KeyboardInterrupt), record.stage("next"):
        pytest.fail("began")


@pytest.mark.skipif(not (_record.PROCESS / "clear_refs").exists(), reason="the system knows one peak of memory only")
def test_memory_of_a_later_stage_is_its_own(record):
    with record.stage("before"):
        pass
    with record.stage("large"):
        held = np.ones(128 * MB, dtype=np.uint8)
        del held
    with record.stage("after"):
        pass
    before, large, after = (done["peak_memory_bytes"] for done in record.stages)
    assert large - before > 100 * MB
    assert large - after > 100 * MB


def test_memory_if_only_the_peak_of_the_process_is_known(record, monkeypatch, tmp_path):
    monkeypatch.setattr(_record, "PROCESS", tmp_path)
    with record.stage("one"):
        pass
    assert record.stages[0]["peak_memory_bytes"] == peak_memory() > 10 * MB
