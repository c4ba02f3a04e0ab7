"""Domains from embeddings, read out the same way for all methods, and their scores.

    python -m benchmarks.readout TISSUE.npz FOLDER '{"READOUT": "KEY", ...}' SEED:FITTED ...

Reads the embedding that was fitted with one seed, ``FOLDER/<fitted>/embedding.npz``, and starts the read-out with another,
or the same. Writes ``FOLDER/<seed>/<readout>.json`` with scores and seconds, and the domains as ``.npy``. A record with the
same key is left as it is. Every read-out sees the same twenty principal components of the embedding:

likelihood
    Mixture of Gaussians of one shared covariance, the highest likelihood of many starts: no tissue is looked at.
coherence
    The same mixtures; among those of nearly the highest likelihood the most coherent one in the tissue.
mclust
    R's mclust, model "EEE": the read-out that most of the published methods use.
own
    What the method itself makes of its embedding, where it has a way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from benchmarks.tissue import Tissue, read_tissue

READOUTS = ("likelihood", "coherence", "mclust", "own")
EMPTY = 1e-10
"""Share of the largest variance below which a component is empty (MOFA+ switches factors off); mclust fails on them."""

FAILURES = (OSError, RuntimeError, ValueError, FloatingPointError, subprocess.TimeoutExpired, np.linalg.LinAlgError)
"""What a read-out may end with; it costs one record."""

MCLUST_LIMIT = 600
"""Seconds that mclust may take."""

MCLUST_SUBSET = 2_000
"""Points up to which mclust's start does not draw a sample, so that its seed changes nothing."""


def mclust(points: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """Domains by R's mclust, integers of shape (n,)."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "points.bin", Path(folder) / "labels.txt"
        points.astype(np.float64).tofile(given)
        script = Path(__file__).with_name("mclust.R")
        shape = [*map(str, points.shape), str(n_clusters), str(seed)]
        command = ["Rscript", str(script), str(given), *shape, str(found)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=MCLUST_LIMIT, check=False)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip() and "halted" not in line]
            msg = f"mclust: {said[-1].strip() if said else done.returncode}"
            raise RuntimeError(msg)
        return np.loadtxt(found, dtype=int)


def read_out(name: str, points: np.ndarray, tissue: Tissue, seed: int) -> np.ndarray:
    """Domains from points, integers of shape (n,)."""
    from spamca.cluster import mixture

    if name == "mclust":
        return mclust(points, tissue.n_clusters, seed if len(points) > MCLUST_SUBSET else 0)
    graph = tissue.graph if name == "coherence" else None
    found = mixture(points, tissue.n_clusters, connectivities=graph, selection=name, random_state=seed)
    return np.asarray(found.labels)


def scores(domains: np.ndarray, tissue: Tissue) -> dict[str, float]:
    """Agreement with the labels where there are any, coherence in the tissue, and the number of domains found."""
    from spamca.metrics import agreement, coherence

    measures = {} if tissue.labels is None else agreement(tissue.labels, domains)
    measures |= coherence(domains, tissue.coordinates)
    return measures | {"domains": len(np.unique(domains))}


def key_of(record: Path) -> str:
    return json.loads(record.read_text()).get("key", "") if record.exists() else ""


def points_of(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Principal components of an embedding, empty ones left out, and the method's own domains where it has any."""
    from spamca.cluster import principal_components

    with np.load(file) as arrays:
        points, own = principal_components(arrays["embedding"], 20)[0], arrays.get("labels")
    variance = points.var(axis=0)
    return points[:, variance >= EMPTY * variance.max()], own


def main(tissue_path: str, folder: str, wanted: str, *pairs: str) -> int:
    warnings.simplefilter("ignore")
    tissue, place, failed = read_tissue(Path(tissue_path)), Path(folder), 0
    for seed, fitted in (pair.split(":") for pair in pairs):
        points, own = points_of(place / fitted / "embedding.npz")
        for name, key in json.loads(wanted).items():
            begun, out = time.perf_counter(), place / seed / f"{name}.json"
            if key_of(out) == key:
                continue
            out.parent.mkdir(parents=True, exist_ok=True)
            try:
                domains = own if name == "own" else read_out(name, points, tissue, int(seed))
                record = {"seconds": time.perf_counter() - begun, **scores(domains, tissue)}
                np.save(out.with_suffix(".npy"), domains.astype(np.int32))
            except FAILURES as error:
                record, failed = {"failed": (str(error).splitlines() or [type(error).__name__])[0][:200]}, failed + 1
            out.with_suffix(".part").write_text(json.dumps(record | {"key": key}))
            out.with_suffix(".part").replace(out)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
