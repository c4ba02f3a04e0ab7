"""Features to labels: seconds of spamca, of its preset "paper" and of SpatialGlue, in pairs within one run.

    python -m benchmarks.speed [--sets NAME ...] [--rounds N] [--publish]

Each method runs in a process of its own, one after the other, on one thread. It is first run on a tissue of a few hundred spots, so that what
is loaded and compiled at a first call does not count; what counts is from features to domains, read out by the same mixture for all. Real
tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Results lie in ``build/speed``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from benchmarks.methods import method_of
from benchmarks.tissue import read_tissue

ROOT = Path(__file__).parents[1]
METHODS = ("spamca", "SpatialGlue", "SpaMCA (published)")
SETS = ("hln_a1_panel_split", "p22_atac")
WARM = "sim_easy"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def one(name: str, warm: Path, path: Path, out: Path) -> None:
    """Fit in this process, twice on small tissue and then on the given tissue; write seconds and embedding."""
    warnings.simplefilter("ignore")
    method = method_of(name)
    module = importlib.import_module(f"benchmarks.methods.{method.module}")
    for tissue in (warm, path):
        os.environ["BENCHMARK_TISSUE"] = str(tissue)
        given = read_tissue(tissue)
        begun = time.perf_counter()
        found = module.fit(given, 0, **method.options)
        seconds = time.perf_counter() - begun
    np.savez(out.with_suffix(".npz"), embedding=np.asarray(found.embedding, dtype=np.float32))
    out.write_text(json.dumps({"seconds": seconds, "own": method.own}))


def read_out(record: dict, tissue: Path, embedding: Path) -> float:
    """Seconds of the mixture for what has not read itself out by it."""
    if record["own"] == "labels":
        return 0.0
    from spamca.cluster import mixture, principal_components

    given = read_tissue(tissue)
    with np.load(embedding) as file:
        points = file["embedding"]
    mixture(points[:300], 2, selection="likelihood")
    begun = time.perf_counter()
    mixture(principal_components(points, 20)[0], given.n_clusters, selection="likelihood")
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rivals", type=Path, default=Path(".venv-rivals/bin/python"))
    parser.add_argument("--folder", type=Path, default=Path("build/speed"))
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    parser.add_argument("--one", nargs=4, metavar=("METHOD", "WARM", "TISSUE", "OUT"))
    given = parser.parse_args()
    if given.one:
        one(given.one[0], *map(Path, given.one[1:]))
        return
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"MPLBACKEND": "agg"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.tissues", folder, WARM, *given.sets]
    subprocess.run(command, check=True, env=environment, cwd=ROOT)
    for name in given.sets:
        for i in range(given.rounds):
            for method in given.methods:
                measure(method, folder, name, i, given.rivals.absolute(), environment)
    report(folder, publish=given.publish)


def measure(name: str, folder: Path, tissue: str, i: int, rivals: Path, environment: dict[str, str]) -> None:
    """Run one method on one tissue, unless that was done."""
    out = folder / f"{tissue}--{name}--{i}.json"
    if out.exists() and "total" in json.loads(out.read_text()):
        return
    path = folder / f"{tissue}.npz"
    interpreter = rivals if method_of(name).rival else sys.executable
    command = [interpreter, "-W", "ignore", "-m", "benchmarks.speed", "--one", name, folder / f"{WARM}.npz", path, out]
    with out.with_suffix(".log").open("w") as log:
        subprocess.run(command, check=True, env=environment, cwd=ROOT, stdout=log, stderr=log)
    record = json.loads(out.read_text())
    record |= {"set": tissue, "method": name, "round": i}
    record["total"] = record["seconds"] + read_out(record, path, out.with_suffix(".npz"))
    out.write_text(json.dumps(record))
    print(f"{tissue}  {name}  {record['total']:.1f} s", flush=True)


def text(records: list[dict]) -> str:
    """Median seconds of each method, and the median over rounds of its ratio to spamca in the same round."""
    from benchmarks.report import markdown

    rows = []
    for tissue in dict.fromkeys(record["set"] for record in records):
        here = [record for record in records if record["set"] == tissue]
        ours = {record["round"]: record["total"] for record in here if record["method"] == "spamca"}
        for method in dict.fromkeys(record["method"] for record in here):
            mine = [record for record in here if record["method"] == method and record["round"] in ours]
            if not mine:
                continue
            seconds = np.median([record["total"] for record in mine])
            ratio = np.median([record["total"] / ours[record["round"]] for record in mine])
            rows.append([f"`{tissue}`", method, f"{seconds:.1f}", f"{ratio:.1f}", f"{len(mine)}"])
    return markdown(rows, ["set", "method", "seconds", "times spamca", "rounds"])


def report(folder: Path, *, publish: bool) -> None:
    """Print the table; with ``publish`` put it into ``docs``."""
    from benchmarks.report import DOCS, put_between

    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*--*.json"))]
    order = {name: i for i, name in enumerate(METHODS)}
    found = sorted((r for r in found if "total" in r), key=lambda r: (r["set"], order.get(r["method"], 9), r["round"]))
    print(text(found))
    if publish:
        put_between(DOCS / "performance.md", "table of speed", text(found))


if __name__ == "__main__":
    main()
