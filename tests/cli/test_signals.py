"""A process that ends before its time leaves no output that is not whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mudata
import pytest

from spamca.cli._outputs import SUFFIX
from spamca.cli._process import Interruption

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

OUTPUTS = {"figures", "out.h5mu", "out.h5mu.json"}

DRIVER = Path(__file__).with_name("stopping.py")
"""Forks the command once for each moment and signal, and stops it there."""


@pytest.fixture(scope="module")
def stopped(_integrated_file, tmp_path_factory):
    """What each fork left: by moment and signal, its exit code and its folder."""
    place = tmp_path_factory.mktemp("stopped")
    done = subprocess.run(
        [sys.executable, DRIVER, _integrated_file, place],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TQDM_MININTERVAL": "0.1"},
    )
    assert done.returncode == 0, done.stderr
    return {(one["moment"], one["signal"]): one for one in json.loads(done.stdout)}


def left(folder):
    return {str(path.relative_to(folder)) for path in Path(folder).rglob("*")}


@pytest.mark.parametrize("moment", ["computing", "figure half written", "output half written", "all written"])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.slow
def test_asked_to_end(stopped, moment, name, code):
    one = stopped[moment, name]
    assert one["code"] == code
    assert left(one["folder"]) == set()


@pytest.mark.parametrize("moment", ["computing", "figure half written", "output half written", "all written"])
@pytest.mark.slow
def test_killed(stopped, moment):
    one = stopped[moment, "SIGKILL"]
    assert one["code"] == -signal.SIGKILL
    names = left(one["folder"])
    assert {name for name in names if not name.endswith(SUFFIX)} <= {"figures"}
    assert bool(names) is (moment != "computing"), "the test stopped it in time"


@pytest.mark.slow
def test_killed_between_two_names(stopped):
    """What has its name is whole, and the output comes last."""
    one = stopped["some have their names", "SIGKILL"]
    names = left(one["folder"])
    whole = {name for name in names if not name.endswith(SUFFIX)}
    assert whole == {"figures", "figures/domains.png"}
    assert len(names - whole) == 2


@pytest.mark.slow
def test_outputs_get_their_names_all_or_none(stopped):
    one = stopped["some have their names", "SIGTERM"]
    assert one["code"] == 0
    assert left(one["folder"]) >= OUTPUTS
    assert not any(name.endswith(SUFFIX) for name in left(one["folder"]))
    assert "spamca" in mudata.read_h5mu(Path(one["folder"]) / "out.h5mu").obs


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.slow
def test_interrupted_while_training(stopped, name, code):
    """Lightning has handlers of its own, which must not swallow the signal."""
    one = stopped["training", name]
    assert one["code"] == code, one["shown"]
    assert f"interrupted by {name}" in one["shown"]
    assert "Traceback" not in one["shown"]
    assert left(one["folder"]) == set()


@pytest.mark.slow
def test_a_signal_that_was_lost_is_seen_at_the_next_stage(monkeypatch):
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)

    class Ending:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    with Interruption() as interruption:
        ended = Ending()
        del ended
        assert [one.exc_type for one in lost] == [KeyboardInterrupt]
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
    assert interruption.number == signal.SIGTERM


@pytest.mark.slow
def test_signals_wait_while_held():
    with Interruption() as interruption:
        with interruption.held():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


@pytest.mark.slow
def test_handlers_are_restored_and_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        term = signal.getsignal(signal.SIGTERM)
        with Interruption():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not term
        assert signal.getsignal(signal.SIGTERM) is term
    finally:
        signal.signal(signal.SIGHUP, before)
