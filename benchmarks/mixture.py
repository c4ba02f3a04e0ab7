"""Mixture against R mclust (model "EEE") on the embeddings of real and simulated tissue: likelihood reached, and time.

    SPAMCA_TEST_DATA=... python benchmarks/mixture.py [--random-state 0] [file ...]

Needs ``Rscript`` with mclust. Both see the same points, the principal components that ``tl.cluster`` reads domains from,
and the same number of clusters, that of the labels. Times are of the fit alone, without start-up and reading; set
OMP_NUM_THREADS=1 for one thread each. ``reached`` is the highest log-likelihood found, which the bar is about;
``returned`` that of the partition which ``tl.cluster`` then takes for its coherence in the tissue. Ends with status 1 where
mclust's log-likelihood is missed by more than 0.1 %, or its time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

TOLERANCE = 1e-3
N_CLUSTERS_WITHOUT_LABELS = 14
SEVERAL_SECTIONS = ("sim_mosaic_rep1",)
UNKNOWN = "undetermined"


def read_points(path: Path, random_state: int) -> tuple[np.ndarray, int, object]:
    """Principal components (n, d) of the embedding at default settings, number of clusters, and spatial graph."""
    import mudata

    import spamca
    from spamca.cluster import principal_components

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mdata = mudata.read_h5mu(path)
        labels = set(mdata.obs["label"]) - {UNKNOWN} if "label" in mdata.obs else range(N_CLUSTERS_WITHOUT_LABELS)
        n_clusters = len(labels)
        spamca.pp.neighbors(mdata)
        spamca.tl.integrate(mdata, n_clusters, progress_bar=False, random_state=random_state)
    points = principal_components(mdata.obsm["X_spamca"], 20)[0]
    return points, n_clusters, mdata.obsp["spatial_connectivities"]


def run_mclust(points: np.ndarray, n_clusters: int) -> tuple[float, float]:
    """Log-likelihood and seconds of R mclust."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.bin"
        points.astype(np.float64).tofile(file)
        script = Path(__file__).with_suffix(".R")
        command = ["Rscript", str(script), str(file), *map(str, points.shape), str(n_clusters)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    likelihood, seconds = map(float, done.stdout.split())
    return likelihood, seconds


def main() -> int:
    from spamca.cluster import mixture

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="default: all of $SPAMCA_TEST_DATA/data, one section each")
    parser.add_argument("--random-state", type=int, default=0)
    arguments = parser.parse_args()
    if not arguments.files and "SPAMCA_TEST_DATA" not in os.environ:
        parser.error("name files, or set SPAMCA_TEST_DATA")
    files = arguments.files or sorted((Path(os.environ["SPAMCA_TEST_DATA"]) / "data").glob("*.h5mu"))
    mixture(np.random.default_rng(0).normal(size=(50, 3)), 2)  # imports do not count

    heads = ("file", "n", "K", "reached", "mclust", "gap %", "returned", "seconds", "mclust s", "")
    line = "{:<22}{:>7}{:>4}{:>13}{:>13}{:>9}{:>13}{:>9}{:>10}  {}"
    print(line.format(*heads))
    missed = 0
    for path in files:
        if path.stem in SEVERAL_SECTIONS:
            continue
        points, n_clusters, graph = read_points(path, arguments.random_state)
        begin = time.perf_counter()
        found = mixture(points, n_clusters, connectivities=graph).record
        ours = time.perf_counter() - begin
        reference, theirs = run_mclust(points, n_clusters)
        gap = (found["best_log_likelihood"] - reference) / abs(reference)
        met = gap >= -TOLERANCE and ours <= theirs
        missed += not met
        values = (found["best_log_likelihood"], reference, 100 * gap, found["log_likelihood"], ours, theirs)
        texts = [f"{value:.{digits}f}" for value, digits in zip(values, (1, 1, 3, 1, 2, 2), strict=True)]
        print(line.format(path.stem, len(points), n_clusters, *texts, "met" if met else "MISSED"), flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
