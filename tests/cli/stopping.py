"""Stop the command at given moments: run by ``test_signals.py``, which reads what it writes to stdout.

The tissue has its domains already and nothing is computed, so that what is slow to import is not needed, and what is needed
is imported once, before the forks.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path

import matplotlib.figure
import mudata

import spamca.pl
from spamca.cli import _outputs, _run, main

SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")


def half(path):
    with Path(path).open("r+b") as file:
        file.truncate(Path(path).stat().st_size // 2)


def at_computing(here):
    _run._steps = lambda *_: here()


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
    sync = _outputs._sync
    _outputs._sync = lambda path: (sync(path), here())


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


def child(tissue, folder, moment, ready):
    def here():
        os.write(ready, b".")
        time.sleep(2)  # a signal ends it at once

    _run._steps = lambda *_: []
    del _run.FIGURES[1:]  # one is enough
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
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os._exit(child(tissue, folder, moment, ready))
    os.close(ready)
    assert os.read(reading, 1) == b".", f"{moment} was not reached"
    os.close(reading)
    os.kill(process, getattr(signal, name))
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


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
    sys.stdout.write(json.dumps(found))
