"""Two processes that share a tissue against one: seconds, peak memory of each process, and whether the domains are the same.

    python -m benchmarks.shards [--n-spots N] [--processes P] [--threads T] [--most-spots N]

The tissue is that of :mod:`benchmarks.scale`, cut into tiles of one section. Processes are started by ``torchrun``, each with so many threads. Memory is the
resident memory of a process at its peak; what it held before the calls, its shard and the imports, is given beside it. Results lie in ``build/shards``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from benchmarks.scale import MIB, N_DOMAINS, Stages, memory, tissue

ROOT = Path(__file__).parents[1]


def one(n_spots: int, folder: Path, most_spots: int | None) -> None:
    """Measure the two calls in this process, on its tile."""
    warnings.simplefilter("ignore")
    import spamca
    from spamca import _group

    if most_spots is not None:
        _group.MOST_SPOTS = most_spots
    rank, size = (int(os.environ.get(name, default)) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1")))
    warm = tissue(500)
    spamca.pp.neighbors(warm)
    spamca.tl.integrate(warm, N_DOMAINS, accelerator="cpu", progress_bar=False)
    mdata = tissue(n_spots)
    tiles = np.array_split(np.argsort(mdata["rna"].obsm["spatial"][:, 0], kind="stable"), size)
    mdata = mdata[np.sort(tiles[rank])].copy() if size > 1 else mdata
    gc.collect()
    stages, held = Stages(), memory("VmRSS")
    begun = time.perf_counter()
    with stages.measure("neighbors"):
        spamca.pp.neighbors(mdata, library_key=None, sharded=True)
    with stages.measure("integrate"):
        spamca.tl.integrate(mdata, N_DOMAINS, accelerator="cpu", progress_bar=False, sharded=True)
    seconds = {**stages.seconds, "total": time.perf_counter() - begun}
    record = {"n_spots": mdata.n_obs, "seconds": seconds, "peak": max(stages.peak.values()), "held_before": held}
    (folder / f"{size}-{rank}.json").write_text(json.dumps(record))
    mdata.obs[["label", "spamca"]].astype(str).to_pickle(folder / f"{size}-{rank}.pkl")


def report(folder: Path, n_processes: int) -> None:
    """Print the measured numbers."""
    import pandas as pd
    from sklearn.metrics import adjusted_rand_score

    found = {}
    for size in (1, n_processes):
        for rank in range(size):
            record = json.loads((folder / f"{size}-{rank}.json").read_text())
            seconds = ", ".join(f"{name} {value:.0f} s" for name, value in record["seconds"].items())
            memory = f"peak {record['peak'] / MIB:,.0f} MiB, {record['held_before'] / MIB:,.0f} before"
            print(f"process {rank} of {size}: {record['n_spots']:,} spots, {seconds}, {memory}")
        found[size] = pd.concat([pd.read_pickle(folder / f"{size}-{rank}.pkl") for rank in range(size)])
        print(f"  ARI with the true domains: {adjusted_rand_score(found[size]['label'], found[size]['spamca']):.4f}")
    both = found[1].join(found[n_processes], rsuffix=" sharded")
    print(f"ARI of one process and {n_processes}: {adjusted_rand_score(both['spamca'], both['spamca sharded']):.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-spots", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--most-spots", type=int, help="spots that are looked at together; default: that of the package"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/shards"))
    parser.add_argument("--one", action="store_true", help="measure in this process")
    args = parser.parse_args()
    if args.one:
        one(args.n_spots, args.folder, args.most_spots)
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    given = ["--one", f"--n-spots={args.n_spots}", f"--folder={args.folder}"]
    given += [] if args.most_spots is None else [f"--most-spots={args.most_spots}"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    started = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={args.processes}"]
    for launcher in ([], started):
        command = [sys.executable, *launcher, "-m", "benchmarks.shards", *given]
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
    report(args.folder, args.processes)


if __name__ == "__main__":
    main()
