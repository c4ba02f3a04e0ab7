from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot copy a process")

START = "import os, signal, sys; from spamca.cli._watch import note, watched\nwith watched():\n "


def end(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGKILL"])
def test_a_crash_while_a_file_is_read_is_told_with_its_name(number):
    done = end(f"note(b'dir/tissue.h5mu'); os.kill(os.getpid(), signal.{number})")
    assert done.returncode == -getattr(signal, number)
    assert done.stderr.count("\n") == 1
    assert "cannot read dir/tissue.h5mu: the file is damaged, or the process was killed" in done.stderr


@pytest.mark.parametrize("doing", ["", "note(b'a.h5mu'); note(b''); "])
def test_no_file_is_blamed_that_is_not_being_read(doing):
    done = end(f"{doing}os.kill(os.getpid(), signal.SIGSEGV)")
    assert "a library crashed" in done.stderr
    assert "h5mu" not in done.stderr


@pytest.mark.parametrize(
    ("code", "status"), [("print('x')", 0), ("sys.exit(3)", 3), ("note(b'a.h5mu'); raise SystemExit(5)", 5)]
)
def test_nothing_is_said_of_an_end_that_is_one(code, status):
    done = end(code)
    assert (done.returncode, done.stderr) == (status, "")


def test_the_second_process_outlives_signals_that_both_get():
    done = end("os.killpg(os.setsid() or os.getpgrp(), 0); note(b'a.h5mu'); os.kill(os.getpid(), signal.SIGSEGV)")
    assert "cannot read a.h5mu" in done.stderr


def test_the_command_says_that_a_file_is_damaged(tmp_path):
    """HDF5 crashes on some damaged files only, and not in each of its versions: its reader is one that crashes."""
    path = tmp_path / "tissue.h5mu"
    path.write_bytes(b"")
    crash = "import os, signal, sys; import spamca.cli._info as info\n"
    crash += "info._tissue = lambda *_: os.kill(os.getpid(), signal.SIGSEGV)\n"
    crash += f"sys.argv = ['spamca', 'info', {str(path)!r}]; from spamca.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", crash], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert f"cannot read {path}: the file is damaged" in done.stderr
    assert "Traceback" not in done.stderr
