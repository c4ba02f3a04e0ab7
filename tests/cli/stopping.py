"""Stop the command at given moments: run by ``test_signals.py``, which reads what it writes to stdout.

The tissue has its graphs and domains already, so that nothing is computed but what is stopped, and what is slow to import is
imported once, before the forks.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import runpy
import select
import signal
import sys
import threading
from pathlib import Path

import matplotlib.figure
import mudata

import spamca.pl
from spamca.cli import _job, _outputs, main
from spamca.cli._job import Job

SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")
ENDLESS = ("--n-clusters", "3", "--max-epochs", "1000000", "--no-early-stopping", "--key-added", "second")


def half(path):
    with Path(path).open("r+b") as file:
        file.truncate(Path(path).stat().st_size // 2)


def at_computing(here):
    Job.find_domains = lambda self, model: here()


def at_figure(here):
    save = matplotlib.figure.Figure.savefig

    def savefig(self, path, **options):
        save(self, path, **options)
        half(path)
        here()

    matplotlib.figure.Figure.savefig = savefig


def at_output(here):
    write = mudata.MuData.write

    def write_half(self, path):
        write(self, path)
        half(path)
        here()

    mudata.MuData.write = write_half


def at_end(here):
    sync = os.fsync
    os.fsync = lambda file: (sync(file), here())


def at_names(here):
    rename, named = _outputs._rename, []

    def one(*paths, **options):
        rename(*paths, **options)
        named.append(paths)
        if len(named) == 1:
            here()

    _outputs._rename = one


MOMENTS = {
    "computing": at_computing,
    "figure half written": at_figure,
    "output half written": at_output,
    "all written": at_end,
    "some have their names": at_names,
}


def asked_as_usual():
    """Ends at SIGINT and SIGHUP, whatever the process that started this one ignores."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def child(tissue, folder, moment, ready):
    arrived, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking)

    def here():
        os.write(ready, b".")
        select.select([arrived], [], [], 60)  # until the signal arrives

    Job.find_domains = lambda self, model: None
    del _job.FIGURES[1:]  # one is enough
    MOMENTS[moment](here)
    sys.stdout = sys.stderr
    arguments = ["run", tissue, "-o", str(folder / "out.h5mu"), "--figures", str(folder / "figures")]
    return main(arguments)


def stop(tissue, folder, moment, name):
    folder.mkdir()
    reading, ready = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        asked_as_usual()
        os._exit(child(tissue, folder, moment, ready))
    os.close(ready)
    assert os.read(reading, 1) == b".", f"{moment} was not reached"
    os.close(reading)
    os.kill(process, getattr(signal, name))
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def stop_training(tissue, folder, name):
    """The command as ``python -m spamca`` runs it, to the end of its process: its exit code, and its stderr."""
    folder.mkdir()
    reading, stderr = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        os.dup2(stderr, sys.stderr.fileno())
        os.close(stderr)
        asked_as_usual()
        sys.argv[1:] = ["run", tissue, "-o", str(folder / "out.h5mu"), "--checkpoint", str(folder / "state"), *ENDLESS]
        runpy.run_module("spamca", run_name="__main__")
    os.close(stderr)
    guard = threading.Timer(240, os.kill, (process, signal.SIGKILL))
    guard.start()
    shown = b""
    while b"loss=" not in shown and (new := os.read(reading, 4096)):
        shown += new
    os.kill(process, getattr(signal, name))
    while new := os.read(reading, 4096):
        shown += new
    os.close(reading)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    guard.cancel()
    guard.join()
    return code, shown.decode()


if __name__ == "__main__":
    tissue, place = sys.argv[1], Path(sys.argv[2])
    mdata = mudata.read_h5mu(tissue)
    spamca.pl.spatial_clusters(mdata).figure.savefig(os.devnull, format="png")
    found = []
    for moment, name in itertools.product(MOMENTS, SIGNALS):
        folder = place / f"{moment}-{name}"
        found.append(
            {"moment": moment, "signal": name, "folder": str(folder), "code": stop(tissue, folder, moment, name)}
        )
    for module in ("spamca.tl", "spamca.train"):  # which take seconds
        importlib.import_module(module)
    for name in ("SIGINT", "SIGTERM"):
        folder = place / f"training-{name}"
        code, shown = stop_training(tissue, folder, name)
        found.append({"moment": "training", "signal": name, "folder": str(folder), "code": code, "shown": shown})
    sys.stdout.write(json.dumps(found))
