"""The benchmark: every method on every tissue, each run in a process of its own.

    python -m benchmarks.run [--methods NAME ...] [--sets NAME ...] [--seeds N ...] [--noise] [--report-only]

Results lie in ``build/benchmark``; a run that is there and current is not repeated, so that an interrupted benchmark
goes on where it was, and a new method costs its own runs only. A method that fails or is not there costs its own rows.
Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import noise, report, tissues
from benchmarks.plan import NOT_RUN, Job, jobs, read_record
from benchmarks.readout import READOUTS, key_of
from benchmarks.tissue import facts

ROOT = Path(__file__).parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS")
AT_ONCE = 20
"""Tissues that one process makes ready."""


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


class Runner:
    """Starts the processes.

    Parameters
    ----------
    rivals
        Interpreter of the rivals' environment.
    timeout
        Seconds that one fit may take.
    threads
        Threads of every process.
    again
        Whether failed runs are tried again.
    """

    def __init__(self, rivals: Path, timeout: float, threads: int, *, again: bool) -> None:
        self.rivals, self.timeout, self.again = rivals, timeout, again
        self.environment = os.environ | dict.fromkeys(THREADS, str(threads)) | {"MPLBACKEND": "agg"}
        self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))

    def start(self, interpreter: Path | str, module: str, *arguments: str, log: Path, timeout: float) -> str:
        """Run a module; returns why it failed, or an empty string. What it says goes into ``log``."""
        command = [str(interpreter), "-W", "ignore", "-m", module, *arguments]
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("w") as file:
                done = subprocess.run(
                    command, stdout=file, stderr=file, env=self.environment, timeout=timeout, check=False, cwd=ROOT
                )
        except subprocess.TimeoutExpired:
            return f"more than {timeout:,.0f} s"
        except OSError as error:
            return str(error)
        said = log.read_text(errors="replace").strip().splitlines()
        if done.returncode:
            return said[-1][:200] if said else f"ended with status {done.returncode}"
        return ""

    def prepare(self, folder: Path, names: list[str]) -> None:
        """Make the tissues ready that are not."""
        lacking = [name for name in names if facts(folder / f"{name}.npz").get("key") != tissues.preparation_key(name)]
        for begin in range(0, len(lacking), AT_ONCE):
            part = lacking[begin : begin + AT_ONCE]
            log = folder / "prepare.log"
            failed = self.start(sys.executable, "benchmarks.tissues", str(folder), *part, log=log, timeout=self.timeout)
            say(f"tissues {', '.join(part)}: {failed or 'ready'}")

    def fit(self, job: Job, seed: int) -> dict:
        """Fit where there is no current result, and return its record."""
        place, key = job.place / str(seed), job.fit_key()
        record = read_record(place / "run.json")
        if record.get("key") == key and (record["status"] == "ok" or not self.again):
            return record
        shutil.rmtree(place, ignore_errors=True)
        if hindrance := job.hindrance():
            record = {"key": key, "status": NOT_RUN, "message": hindrance}
        else:
            arguments = (job.name, str(job.arrays), str(seed), str(place))
            interpreter = self.rivals if job.method.rival else sys.executable
            failed = self.start(interpreter, "benchmarks.one", *arguments, log=place / "fit.log", timeout=self.timeout)
            record = {"key": key, "status": "failed" if failed else "ok", "message": failed}
            record |= read_record(place / "fit.json")
        place.mkdir(parents=True, exist_ok=True)
        (place / "run.json").write_text(json.dumps(record))
        took = f"{record['seconds']:.1f} s, {record['peak_bytes'] / 2**20:,.0f} MiB" if "seconds" in record else ""
        say(f"{job.tissue}  {job.name}  seed {seed}: {record['status']} {record['message']}{took}")
        return record

    def read_out(self, job: Job, wanted: tuple[str, ...]) -> None:
        """Read out what is not read out, all seeds in one process."""
        keys = job.readouts(wanted)
        fitted = {seed: seed if job.method.random else job.fits[0] for seed in job.seeds}
        lacking = [
            f"{seed}:{fit}"
            for seed, fit in fitted.items()
            if read_record(job.place / str(fit) / "run.json").get("status") == "ok"
            and any(key_of(job.place / str(seed) / f"{name}.json") != key for name, key in keys.items())
        ]
        if lacking:
            arguments = (str(job.arrays), str(job.place), json.dumps(keys), *lacking)
            log, limit = job.place / "readout.log", self.timeout * len(lacking)
            failed = self.start(sys.executable, "benchmarks.readout", *arguments, log=log, timeout=limit)
            say(f"{job.tissue}  {job.name}  read-out: {failed or 'done'}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", help="default: all; 'single' stands for every modality alone")
    parser.add_argument("--sets", nargs="+", help="default: all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--readouts", nargs="+", choices=READOUTS, default=list(READOUTS))
    parser.add_argument("--noise", action="store_true", help="the noise instead: tissues of noise.SETS, each level")
    parser.add_argument("--report-only", action="store_true", help="run nothing, write tables and figure")
    parser.add_argument("--publish", action="store_true", help="write tables and figures into docs as well")
    parser.add_argument("--folder", type=Path, default=Path("build/benchmark"))
    parser.add_argument("--rivals", type=Path, default=Path(".venv-rivals/bin/python"))
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that one fit may take")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="try failed runs again")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    given = parse(arguments)
    folder = given.folder.absolute()
    if not given.report_only:
        # Not resolved: the name of an environment's interpreter is a link that must stay one.
        runner = Runner(given.rivals.absolute(), given.timeout, given.threads, again=given.again)
        (run_noise if given.noise else run_sets)(runner, folder, given)
    report.main(folder, publish=given.publish)


def run_sets(runner: Runner, folder: Path, given: argparse.Namespace) -> None:
    wanted = given.sets or tissues.names()
    runner.prepare(folder / "tissues", wanted)
    run(runner, folder, wanted, tuple(given.seeds), given.methods, tuple(given.readouts))


def run_noise(runner: Runner, folder: Path, given: argparse.Namespace) -> None:
    """Every seed meets a noise of its own, so that the noise is another tissue for each."""
    sets, methods = given.sets or list(noise.SETS), given.methods or list(noise.METHODS)
    readouts = tuple(name for name in given.readouts if name in noise.READOUTS)
    runner.prepare(folder / "tissues", sets)
    for seed in given.seeds:
        names = [
            f"{base}+{disturbed}#{seed}"
            for base in sets
            for disturbed in noise.noises_of(list(facts(folder / "tissues" / f"{base}.npz")["kinds"]))
        ]
        runner.prepare(folder / "tissues", names)
        run(runner, folder, names, (seed,), methods, readouts)


def run(
    runner: Runner,
    folder: Path,
    names: list[str],
    seeds: tuple[int, ...],
    methods: list[str] | None,
    readouts: tuple[str, ...],
) -> None:
    kinds = {name: list(facts(folder / "tissues" / f"{name}.npz").get("kinds", [])) for name in names}
    planned = jobs(folder, [name for name in names if kinds[name]], seeds, methods, kinds)
    for i, job in enumerate(planned, 1):
        for seed in job.fits:
            runner.fit(job, seed)
        runner.read_out(job, readouts)
        say(f"{i} of {len(planned)}: {job.tissue}  {job.name}")


if __name__ == "__main__":
    main()
