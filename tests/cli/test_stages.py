from __future__ import annotations

import signal
import time

import numpy as np
import pytest

from spamca.cli import _stages
from spamca.cli._signals import Interruption
from spamca.cli._stages import Memory, Stages

MB = 2**20


def test_a_stage_is_timed():
    stages = Stages(Interruption())
    with stages("wait"):
        time.sleep(0.02)
    (done,) = stages.done
    assert done["stage"] == "wait"
    assert 0.02 <= done["seconds"] < 1
    assert done["peak_memory_bytes"] > 10 * MB


def test_a_stage_that_fails_is_not_done():
    stages = Stages(Interruption())
    with pytest.raises(ValueError, match="no"), stages("fail"):
        raise ValueError("no")  # noqa: EM101
    assert stages.done == []


def test_no_stage_begins_after_a_signal():
    interruption = Interruption()
    interruption.received = signal.SIGTERM
    with pytest.raises(KeyboardInterrupt), Stages(interruption)("next"):
        pytest.fail("began")


@pytest.mark.skipif(not _stages.PAGES.exists(), reason="the system tells no memory but the largest")
def test_memory_of_a_later_stage_is_its_own():
    with Memory() as before:
        pass
    with Memory() as large:
        held = np.ones(128 * MB, dtype=np.uint8)
        time.sleep(2 * _stages.EVERY)
        del held
    with Memory() as after:
        time.sleep(_stages.EVERY)
    assert large.peak - before.peak > 100 * MB
    assert large.peak - after.peak > 100 * MB


def test_memory_where_only_the_largest_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(_stages, "PAGES", tmp_path / "none")
    with Memory() as memory:
        pass
    assert memory.peak == _stages.process_peak()
