"""Time and memory of ``spamca.pp.prepare`` on counts that stay on disk.

    python -m benchmarks.prepare [--spots N] [--genes P] [--density D] [--folder build/prepare] [--publish]

The file is written block by block, and each run is a process of its own: the counts backed by the file, as dask arrays, and in
memory. ``--publish`` writes the table into ``docs``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from benchmarks.scale import MIB, forget, memory

WAYS = {"backed": "backed by the file", "dask": "dask arrays", "memory": "in memory"}
ROWS = 5_000
N_DOMAINS = 8


def write(path: Path, n_spots: int, n_genes: int, density: float) -> None:
    """A file of one modality: sparse counts of domains that differ in their genes, at uneven depth."""
    import h5py
    import mudata
    import pandas as pd
    from anndata import AnnData
    from anndata.io import sparse_dataset, write_elem
    from scipy import sparse

    rng = np.random.default_rng(0)
    names = pd.Index([f"spot{i}" for i in range(n_spots)])
    empty = sparse.csr_matrix((n_spots, n_genes), dtype=np.float32)
    mudata.MuData({"rna": AnnData(empty, obs=pd.DataFrame(index=names))}).write(path)
    level = rng.gamma(0.5, size=n_genes) * rng.lognormal(0, 0.5, size=(N_DOMAINS, n_genes))
    level *= _factor(level, density)

    def block(begin: int) -> sparse.csr_matrix:
        n = min(ROWS, n_spots - begin)
        depth = rng.lognormal(0, 0.3, size=(n, 1))
        return sparse.csr_matrix(rng.poisson(level[rng.integers(N_DOMAINS, size=n)] * depth).astype(np.float32))

    with h5py.File(path, "r+") as file:
        place = file["mod/rna"]
        del place["X"]
        write_elem(place, "X", block(0))
        stored = sparse_dataset(place["X"])
        for begin in range(ROWS, n_spots, ROWS):
            stored.append(block(begin))


def _factor(level: np.ndarray, density: float) -> float:
    low, high = 1e-6, 1e3
    for _ in range(60):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if (1 - np.exp(-level * middle)).mean() < density else (low, middle)
    return middle


def one(way: str, path: Path, out: Path) -> None:
    """Prepare the counts in one way in this process."""
    warnings.simplefilter("ignore")
    import h5py
    import mudata
    from anndata import AnnData
    from anndata.experimental import read_elem_lazy

    import spamca

    warm = spamca.datasets.simulated(n_spots=300, n_domains=3, n_features=700, modalities=("rna",))
    warm.write(path.with_name(f"warm-{way}.h5mu"))
    for backed in (False, "r"):  # libraries loaded, functions compiled
        spamca.pp.prepare(mudata.read_h5mu(path.with_name(f"warm-{way}.h5mu"), backed=backed), n_top_genes=600)
    before = memory("VmRSS")
    forget()
    begun = time.perf_counter()
    mdata = mudata.read_h5mu(path, backed=False if way == "memory" else "r")
    n_stored = len(h5py.File(path)["mod/rna/X/data"])
    if way == "dask":
        rna = mdata["rna"]
        mdata = mudata.MuData({"rna": AnnData(read_elem_lazy(rna.X.group), rna.obs, rna.var)})
    spamca.pp.prepare(mdata)
    seconds = time.perf_counter() - begun
    values = mdata["rna"].obsm["X_pca"]
    np.save(out.with_suffix(".npy"), values)
    matrix = 8 * n_stored + 4 * (len(values) + 1)
    record = {"way": way, "shape": mdata["rna"].shape, "seconds": seconds, "peak": memory("VmHWM") - before}
    record |= {"before": before, "matrix": matrix, "density": n_stored / np.prod(record["shape"], dtype=float)}
    out.write_text(json.dumps(record))


def text(folder: Path) -> str:
    """The table, and how far the results agree."""
    from benchmarks.report import markdown

    runs = {way: json.loads((folder / f"{way}.json").read_text()) for way in WAYS}
    values = {way: np.load(folder / f"{way}.npy") for way in WAYS}
    least = min(
        np.corrcoef(a, b)[0, 1]
        for way in ("backed", "dask")
        for a, b in zip(values[way].T, values["memory"].T, strict=True)
    )
    rows = [[WAYS[way], f"{run['seconds']:.0f}", f"{run['peak'] / MIB:,.0f}"] for way, run in runs.items()]
    run = runs["memory"]
    return (
        f"{run['shape'][0]:,} spots and {run['shape'][1]:,} genes, {run['density']:.1%} of the counts not zero, a matrix of "
        f"{run['matrix'] / MIB:,.0f} MiB in memory:\n\n"
        f"{markdown(rows, ['counts', 'seconds', 'peak, MiB'])}\n\n"
        f"The components of all three correlate by at least {least:.6f}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spots", type=int, default=300_000)
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--density", type=float, default=0.12)
    parser.add_argument("--folder", type=Path, default=Path("build/prepare"))
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    parser.add_argument("--one", choices=("write", *WAYS), help="do one part in this process")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = given.folder / f"{given.spots}-{given.genes}.h5mu"
    if given.one == "write":
        write(path, given.spots, given.genes, given.density)
        return
    if given.one:
        one(given.one, path, given.folder / f"{given.one}.json")
        return
    parts = ["write"] if not path.exists() else []
    for part in (*parts, *WAYS):
        command = [sys.executable, "-m", "benchmarks.prepare", "--one", part, "--folder", str(given.folder)]
        command += ["--spots", str(given.spots), "--genes", str(given.genes), "--density", str(given.density)]
        subprocess.run(command, check=True)
        print(part, "done", flush=True)
    table = text(given.folder)
    (given.folder / "prepare.md").write_text(table + "\n")
    if given.publish:
        from benchmarks.report import DOCS, put_between

        put_between(DOCS / "performance.md", "table of counts on disk", table)


if __name__ == "__main__":
    main()
