"""Measure what the package promises: accuracy, memory, time, reproducibility, on real and simulated tissue.

    python benchmarks/bars.py [bar ...]

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Bars: see ``BARS`` at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
os.environ.setdefault("MPLBACKEND", "agg")

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
LATER = ("sim_mosaic_rep1",)
UNKNOWN = ("undetermined",)
GIB = 2**30


def tissues():
    found = [path for path in sorted(DATA.glob("*.h5mu")) if path.stem not in LATER]
    if not found:
        sys.exit(f"no .h5mu in {DATA}: set SPAMCA_TEST_DATA to the folder that holds 'data'")
    return found


def read(path):
    import mudata

    return mudata.read_h5mu(path)


def parity():
    """Largest relative error against one pass of the published model: graphs, intermediates, losses, gradients."""
    import runpy

    import numpy as np

    test = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "nn" / "test_parity.py"))
    with np.load(DATA.parent / "parity" / "spamca_forward.npz") as file:
        published = dict(file)
    run, error = test["pass_through"](published), test["relative_error"]
    names = ("adj_spatial", "adj_feature_1", "adj_feature_2")
    pairs = {
        "graphs": [(graph.toarray(), published[name]) for name, graph in zip(names, run["graphs"], strict=True)],
        "intermediates": [
            (values.detach(), published[name]) for name, values in test["intermediates"](run["output"]).items()
        ],
        "losses": [
            (run["losses"][ours].detach(), sum(published[f"loss_{name}"] for name in theirs))
            for ours, theirs in {
                "reconstruction": ("recon_1", "recon_2"),
                "contrast": ("contrast",),
                "cluster": ("cluster",),
                "alignment": ("kl",),
                "total": ("total",),
            }.items()
        ],
        "gradients": [
            (parameter.grad, published[f"grad_{name}"])
            for name, parameter in run["parameters"].items()
            if name not in test["BEFORE_BATCH_NORM"]
        ],
    }
    for what, both in pairs.items():
        print(f"{what:14s} {max(error(ours, theirs) for ours, theirs in both):.1e} ({len(both)} arrays)")


def three_lines():
    """The three lines, with no other argument, straight from the file; the result survives writing."""
    import numpy as np
    from matplotlib import pyplot as plt

    import spamca

    for path in tissues():
        mdata, begun = read(path), time.perf_counter()
        spamca.pp.neighbors(mdata)
        spamca.tl.integrate(mdata, progress_bar=False)
        spamca.pl.spatial_clusters(mdata)
        seconds = time.perf_counter() - begun
        Path("build/bars").mkdir(parents=True, exist_ok=True)
        plt.savefig(f"build/bars/{path.stem}.png", dpi=150, bbox_inches="tight")
        plt.close("all")
        with tempfile.TemporaryDirectory() as folder:
            mdata.write(Path(folder) / "tissue.h5mu")
            again = read(Path(folder) / "tissue.h5mu")
        lost = differences(mdata, again)
        n_domains, n_obs = mdata.obs["spamca"].nunique(), mdata.n_obs
        print(f"{path.stem:22s} {n_obs:6d} spots {n_domains:3d} domains {seconds:6.1f} s  lost: {lost or 'nothing'}")
        assert np.isfinite(mdata.obsm["X_spamca"]).all()


def differences(mdata, again):
    """Names of what did not survive writing and reading."""
    import numpy as np
    import pandas as pd
    from scipy.sparse import issparse

    def same(one, other):
        if isinstance(one, dict):
            return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
        if isinstance(one, pd.DataFrame):
            return np.array_equal(one.to_numpy(), other.to_numpy()) and list(one) == list(other)
        if issparse(one):
            return (one != other).nnz == 0
        return np.array_equal(np.asarray(one), np.asarray(other)) if one is not None else other is None

    lost = []
    for where, one, other in [("", mdata, again), *((f"{name}:", mdata[name], again[name]) for name in mdata.mod)]:
        for slot in ("obsm", "obsp", "varm", "uns"):
            held, found = getattr(one, slot), getattr(other, slot)
            lost += [f"{where}{slot}[{key}]" for key in held if key not in found or not same(held[key], found[key])]
        lost += [
            f"{where}obs[{key}]"
            for key in one.obs
            if key not in other.obs or list(one.obs[key].astype(str)) != list(other.obs[key].astype(str))
        ]
    return lost


def accuracy():
    """ARI with the labels over five seeds, K the number of labels, everything else at its default."""
    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    import spamca

    for path in tissues():
        mdata = read(path)
        if "label" not in mdata.obs:
            continue
        truth = mdata.obs["label"].astype(str)
        known = ~truth.isin(UNKNOWN)
        spamca.pp.neighbors(mdata)
        scores = []
        for seed in range(5):
            spamca.tl.integrate(mdata, truth[known].nunique(), random_state=seed, progress_bar=False)
            scores.append(adjusted_rand_score(truth[known], mdata.obs.loc[known, "spamca"]))
        each = " ".join(f"{score:.3f}" for score in scores)
        print(f"{path.stem:22s} ARI {np.mean(scores):.3f} ± {np.std(scores):.3f}   {each}", flush=True)


IDLE = "import spamca"
LOADED = (
    "import spamca, mudata, scanpy, lightning.pytorch, torch, sklearn, pynndescent, umap, muon, squidpy; "
    "spamca.pp, spamca.tl"
)
WORK = """
import sys, mudata, spamca
mdata = mudata.read_h5mu(sys.argv[1])
spamca.pp.neighbors(mdata)
spamca.tl.integrate(mdata, 5, progress_bar=False)
"""


def peak(code, *arguments):
    """Peak resident memory of a fresh interpreter, in bytes."""
    # The kernel's high-water mark: that of getrusage is inherited from the process that starts this one.
    report = "\nfrom pathlib import Path\nprint(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + report, *arguments], capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return int(done.stdout.split()[-1]) * 1024


def memory():
    """Peak memory of neighbors and integrate on 40,000 simulated spots, above an idle import."""
    import spamca

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tissue.h5mu"
        spamca.datasets.simulated(n_spots=40_000).write(path)
        idle, loaded, work = peak(IDLE), peak(LOADED), peak(WORK, str(path))
    print(
        f"idle import {idle / GIB:.2f} GiB, with all libraries loaded {loaded / GIB:.2f} GiB, working {work / GIB:.2f} GiB"
    )
    print(
        f"above the idle import {(work - idle) / GIB:.2f} GiB, above the loaded libraries {(work - loaded) / GIB:.2f} GiB"
    )


def identical():
    """Whether the same seed gives the same bits."""
    import numpy as np

    import spamca

    for path in tissues():
        pair = []
        for _ in range(2):
            mdata = read(path)
            spamca.tl.integrate(mdata, 5, progress_bar=False, max_epochs=30)
            pair.append((mdata.obsm["X_spamca"], mdata.obs["spamca"].to_numpy()))
        (z, labels), (z_again, labels_again) = pair
        print(f"{path.stem:22s} embedding {np.array_equal(z, z_again)}, labels {(labels == labels_again).all()}")


def import_time():
    """Seconds that ``import spamca`` takes in a fresh interpreter."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import spamca"], check=True)
    print(f"import spamca: {time.perf_counter() - begun:.2f} s")


BARS = {bar.__name__: bar for bar in (import_time, parity, three_lines, accuracy, identical, memory)}

if __name__ == "__main__":
    for name in sys.argv[1:] or BARS:
        print(f"== {name}: {BARS[name].__doc__}", flush=True)
        BARS[name]()
