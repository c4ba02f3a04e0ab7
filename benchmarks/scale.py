"""Time and memory of each stage against the number of spots.

    python -m benchmarks.scale [--sizes N ...] [--rival-sizes N ...] [--accelerator cpu] [--threads T] [--publish]

Each size runs in a process of its own, on simulated features of two modalities, 30 each (:func:`tissue`); the three calls are at their
defaults but for the number of domains. :func:`scanpy.pp.neighbors` of the features of one modality is timed after them in the same process, compiled before.
``--rare 0.001`` plants a ninth domain with such a share of the spots, and gives its F1. Results lie in ``build/scale``, one file a run, and are not repeated; ``--publish``
writes table and figure into ``docs``. SpatialGlue runs in the environment of the rivals, its 200 epochs for Visium.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from anndata import AnnData
    from mudata import MuData

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
YARDSTICK_UP_TO = 1_000_000
RIVAL_SIZES = (1_000, 3_000, 10_000)
N_DOMAINS, N_FEATURES, SIGNAL = 8, 30, 0.35
MIB = 2**20


def tissue(n_spots: int, seed: int = 0, *, rare: float = 0.0) -> MuData:
    """Two modalities of a square grid, each blind to half of the borders between eight domains.

    Features are what components of measured tissue look like: variances that fall, and means of the domains among noise
    that is larger than they are. ``rare`` is the share of the spots in a ninth domain, round, which both modalities see.
    """
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData

    from spamca.datasets._tissue import LAYOUTS, draw_domains, seen_as

    place, shape, drawn = (np.random.default_rng([seed, stream]) for stream in range(3))
    spatial = LAYOUTS["grid"](n_spots, place)
    domain = draw_domains(spatial, N_DOMAINS, "blobs", shape)
    n_domains = N_DOMAINS + (rare > 0)
    if rare:
        far = np.square(spatial - spatial[shape.integers(n_spots)]).sum(axis=1)
        domain[np.argpartition(far, int(rare * n_spots))[: int(rare * n_spots)]] = N_DOMAINS
    scale = np.linspace(2, 0.5, N_FEATURES, dtype=np.float32)
    names = pd.Index([f"spot{i}" for i in range(n_spots)])
    modalities = {}
    for m, name in enumerate(("rna", "protein")):
        means = (SIGNAL * drawn.standard_normal((N_DOMAINS, N_FEATURES)))[seen_as(N_DOMAINS, 2)[:, m]]
        if rare:
            means = np.vstack([means, SIGNAL * drawn.standard_normal(N_FEATURES)])
        values = drawn.standard_normal((n_spots, N_FEATURES), dtype=np.float32)
        values += means.astype(np.float32)[domain]
        values *= scale
        modalities[name] = AnnData(obs=pd.DataFrame(index=names), obsm={"X_pca": values, "spatial": spatial})
    mdata = MuData(modalities)
    mdata.obs["label"] = pd.Categorical.from_codes(domain, [f"domain {k}" for k in range(n_domains)])
    return mdata


def memory(which: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process in bytes: resident memory now, or its highest since :func:`forget`."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{which}:")[1].split()[0]) * 1024


def forget() -> None:
    """Reset the highest resident memory (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


class Stages:
    """Seconds and peak memory by the name of a stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peak: dict[str, int] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Time what is inside, and take the peak of memory in it."""
        forget()
        begun = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begun
        self.peak[name] = memory("VmHWM")

    def inside(self, module: object, function: str, name: str) -> None:
        """Measure a function of a module whenever it is called; its share is not counted in that of its caller."""
        original = getattr(module, function)

        def measured(*args: object, **kwargs: object) -> object:
            with self.measure(name):
                return original(*args, **kwargs)

        setattr(module, function, measured)


def yardstick(adata: AnnData) -> float:
    """Seconds of scanpy's neighbours of the features of a modality."""
    import scanpy as sc

    sc.pp.neighbors(tissue(20_000)["rna"], use_rep="X_pca")  # compiles
    begun = time.perf_counter()
    sc.pp.neighbors(adata, n_neighbors=15, use_rep="X_pca")
    return time.perf_counter() - begun


def best_f1(domains: pd.Series, planted: pd.Series) -> float:
    """F1 of the domain that finds some planted spots, booleans (n,), best."""
    both = planted.groupby(domains, observed=True).sum()
    size = domains.value_counts().reindex(both.index)
    return float((2 * both / (size + planted.sum())).max())


def one(n_spots: int, path: Path, accelerator: str, rare: float = 0.0) -> None:
    """Measure one size in this process."""
    warnings.simplefilter("ignore")
    import lightning.pytorch
    import torch
    from sklearn.metrics import adjusted_rand_score

    import spamca
    from spamca.model import fit

    lightning.pytorch.Trainer, spamca.pp, spamca.tl  # noqa: B018 (lazily imported: not the method's time)
    warm = tissue(500)
    spamca.pp.neighbors(warm)
    spamca.tl.integrate(warm, N_DOMAINS, accelerator=accelerator, progress_bar=False)
    mdata, stages, n_domains = tissue(n_spots, rare=rare), Stages(), N_DOMAINS + (rare > 0)
    held = memory("VmRSS")
    stages.inside(fit, "find_domains", "domains")
    stages.inside(fit, "fit", "training")
    begun = time.perf_counter()
    with stages.measure("graphs"):
        spamca.pp.neighbors(mdata)
    integrating = time.perf_counter()
    spamca.tl.integrate(mdata, n_domains, accelerator=accelerator, progress_bar=False)
    done = integrated = time.perf_counter()
    inner = sum(stages.seconds[name] for name in ("domains", "training"))
    record = {
        "method": "spamca",
        "n_spots": n_spots,
        "accelerator": accelerator,
        "threads": torch.get_num_threads(),
        "seconds": {**stages.seconds, "other": integrated - integrating - inner},
        "total": done - begun,
        "steps": len(mdata.uns["spamca"]["history"].get("total", ())),
        "peak": max(stages.peak.values()),
        "peaks": stages.peak,
        "held_before": held,
        "ARI": adjusted_rand_score(mdata.obs["label"], mdata.obs["spamca"]),
    }
    if rare:
        record["F1"] = best_f1(mdata.obs["spamca"], mdata.obs["label"] == f"domain {N_DOMAINS}")
    if n_spots <= YARDSTICK_UP_TO and not rare:
        record["scanpy"] = yardstick(mdata["rna"])
    path.write_text(json.dumps(record))


def rival(n_spots: int, path: Path, interpreter: Path, environment: dict[str, str]) -> None:
    """Run SpatialGlue by :mod:`benchmarks.one` in its own environment, and read its embedding out by the mixture."""
    from benchmarks.tissue import Tissue
    from scipy.sparse import csr_matrix
    from sklearn.metrics import adjusted_rand_score

    from spamca.cluster import mixture, principal_components

    mdata, place = tissue(n_spots), path.with_suffix("")
    features = {name: mdata[name].obsm["X_pca"] for name in mdata.mod}
    coordinates, no_graph = mdata["rna"].obsm["spatial"], csr_matrix((n_spots, n_spots))
    given = Tissue("scale", features, dict.fromkeys(features, "generic"), coordinates, no_graph, None, N_DOMAINS)
    place.mkdir(exist_ok=True)
    given.write(place / "tissue.npz", "")
    command = [interpreter, "-W", "ignore", "-m", "benchmarks.one", "SpatialGlue", place / "tissue.npz", "0", place]
    with path.with_suffix(".log").open("w") as log:
        subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=log, stderr=log)
    fitted = json.loads((place / "fit.json").read_text())
    with np.load(place / "embedding.npz") as file:
        embedding = file["embedding"]
    begun = time.perf_counter()
    found = mixture(principal_components(embedding, 20)[0], N_DOMAINS, selection="likelihood").labels
    record = {
        "method": "SpatialGlue",
        "n_spots": n_spots,
        "accelerator": "cpu",
        "total": fitted["seconds"] + time.perf_counter() - begun,
        "peak": fitted["peak_bytes"],
        "ARI": adjusted_rand_score(mdata.obs["label"], found),
    }
    path.write_text(json.dumps(record))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--rival-sizes", nargs="*", type=int, default=list(RIVAL_SIZES))
    parser.add_argument("--accelerator", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--rivals", type=Path, default=Path(".venv-rivals/bin/python"))
    parser.add_argument("--folder", type=Path, default=Path("build/scale"))
    parser.add_argument("--publish", action="store_true", help="write table and figure into docs")
    parser.add_argument("--rare", type=float, default=0.0, help="share of the spots in a planted domain")
    parser.add_argument("--one", type=int, metavar="N", help="measure spamca on this number of spots in this process")
    given = parser.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if given.one:
        name = f"spamca-{given.accelerator}-{given.one}" if not given.rare else f"rare-{given.rare:g}-{given.one}"
        one(given.one, folder / f"{name}.json", given.accelerator, given.rare)
        return
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]), "MPLBACKEND": "agg"}
    for n in given.sizes:
        path = folder / (f"rare-{given.rare:g}-{n}.json" if given.rare else f"spamca-{given.accelerator}-{n}.json")
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.scale", "--one", str(n)]
        command += ["--folder", folder, "--accelerator", given.accelerator, "--rare", str(given.rare)]
        if not path.exists():
            with path.with_suffix(".log").open("w") as log:
                subprocess.run(command, env=environment, cwd=ROOT, check=False, stdout=log, stderr=log)
        report(path)
    for n in given.rival_sizes:
        path = folder / f"SpatialGlue-cpu-{n}.json"
        if not path.exists():
            rival(n, path, given.rivals.absolute(), environment)
        report(path)
    from benchmarks import scale_report

    scale_report.write(folder, publish=given.publish)


def report(path: Path) -> None:
    """Say how a run went."""
    record = json.loads(path.read_text()) if path.exists() else None
    summary = f"{record['total']:.1f} s, {record['peak'] / MIB:,.0f} MiB" if record else "failed, see its log"
    summary += f", F1 {record['F1']:.3f}" if record and "F1" in record else ""
    print(f"{path.stem}: {summary}", flush=True)


if __name__ == "__main__":
    main()
