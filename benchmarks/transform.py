"""Measure how well a model carries over: train on one half of a tissue, transform the other.

    python benchmarks/transform.py [tissue ...] [--seeds 3] [--axes x y]

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. The half that is transformed is scored against the labels
(ARI), next to what training on the whole tissue reaches on that half, the same model with its domains as they were (``adapt=False``), training on
that half itself, and the domains of the most similar spots of the trained half. The bar is 0.9 times the first. Labels that the trained half
lacks are found.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
DEFAULT = ("dlpfc_151673", "sim_spamosaic_rep1", "her2st_a1", "hln_a1_panel_split")
UNKNOWN = ("undetermined",)
BAR = 0.9


def read(name):
    import mudata

    path = DATA / f"{name}.h5mu"
    if not path.exists():
        sys.exit(f"no {path}: set SPAMCA_TEST_DATA to the folder that holds 'data'")
    return mudata.read_h5mu(path)


def halves(mdata, axis):
    """Booleans of the half to train on, the one of lower coordinates on an axis."""
    from spamca._checks import check_coordinates

    position = check_coordinates(mdata)[:, axis]
    return position <= np.median(position)


def part(mdata, kept):
    """Some of the spots, as a tissue of their own that nothing was computed on."""
    return mdata[kept].copy()


def trained(mdata, n_clusters, seed):
    import spamca

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters, random_state=seed, progress_bar=False)
    return mdata


def score(truth, found):
    from sklearn.metrics import adjusted_rand_score

    known = ~truth.isin(UNKNOWN)
    return adjusted_rand_score(truth[known], found[known])


def nearest(trained_half, new, model):
    """Domains of the spots of the trained half that are most alike, features averaged over two hops: the best these domains allow."""
    import pandas as pd
    from sklearn.neighbors import KNeighborsClassifier

    from spamca.domains.graph import Graph
    from spamca.tl._new_tissue import read_new

    seen = []
    for mdata in (trained_half, new):
        tissue = read_new(mdata, model, "spatial", None, 0).tissue
        scale = [modality["scale"] for modality in model.header["modalities"]]
        step = Graph(tissue.graph).step
        seen.append(step @ (step @ np.hstack([values / s for values, s in zip(tissue.features, scale, strict=True)])))
    found = KNeighborsClassifier(15).fit(seen[0], trained_half.obs["spamca"].astype(str)).predict(seen[1])
    return pd.Series(found, new.obs_names)


def same_from_file(model, mdata):
    """Whether the saved model gives the bits of the unsaved one."""
    import spamca

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        first, again = (spamca.tl.transform(mdata, which, copy=True) for which in (model, path))
    slots = ("X_spamca", "spamca_posterior")
    same = all(np.array_equal(np.asarray(first.obsm[slot]), np.asarray(again.obsm[slot])) for slot in slots)
    return same and np.array_equal(first.obs["spamca_novelty"], again.obs["spamca_novelty"])


def carry_over(name, axis, seed):
    """One split and one seed: scores, novelty, and whether the file gives the same bits."""
    import spamca

    mdata = read(name)
    truth, first = mdata.obs["label"].astype(str), halves(mdata, axis)
    n_clusters = truth[~truth.isin(UNKNOWN)].nunique()
    other = truth[~first]
    trained_half = trained(part(mdata, first), n_clusters, seed)
    model = spamca.Model.from_mudata(trained_half)
    new = part(mdata, ~first)
    fixed = spamca.tl.transform(new, model, adapt=False, copy=True)
    own = spamca.tl.transform(trained_half, model, key_added="again", copy=True)
    spamca.tl.transform(new, model)
    whole = trained(mdata.copy(), n_clusters, seed)
    alone = trained(part(mdata, ~first), n_clusters, seed)
    return {
        "transformed": score(other, new.obs["spamca"]),
        "whole": score(other, whole.obs.loc[other.index, "spamca"]),
        "alone": score(other, alone.obs["spamca"]),
        "fixed": score(other, fixed.obs["spamca"]),
        "own": score(own.obs["spamca"].astype(str), own.obs["again"]),
        "new": new.uns["spamca"]["transform"]["n_new_domains"],
        "nearest": score(other, nearest(trained_half, new, model)),
        "beyond": new.uns["spamca"]["transform"]["share_beyond"],
        "same": same_from_file(model, part(mdata, ~first)),
        "unseen": sorted(set(other) - set(truth[first])),
    }


def main():
    from spamca._logging import logger

    logger.setLevel("ERROR")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tissues", nargs="*", default=DEFAULT)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--axes", nargs="+", choices=("x", "y"), default=("x", "y"))
    given = parser.parse_args()
    for name in given.tissues:
        for axis in given.axes:
            runs = [carry_over(name, "xy".index(axis), seed) for seed in range(given.seeds)]
            mean = {
                key: np.mean([run[key] for run in runs])
                for key in ("transformed", "whole", "fixed", "alone", "nearest", "beyond", "own", "new")
            }
            each = " ".join(f"{run['transformed']:.3f}/{run['whole']:.3f}" for run in runs)
            share = mean["transformed"] / max(mean["whole"], 1e-3)
            print(
                f"{name:22s} {axis}: ARI {mean['transformed']:.3f} of {mean['whole']:.3f} (fixed {mean['fixed']:.3f}, "
                f"alone {mean['alone']:.3f}, nearest {mean['nearest']:.3f}), {mean['new']:.1f} new domains, "
                f"{share:.2f} of it, bar {BAR}: {'met' if share >= BAR else 'MISSED'}   {each}\n"
                f"{'':25s} its own tissue {mean['own']:.3f}; novelty above 1 in {mean['beyond']:.3f}; from the file "
                f"{'the same bits' if all(run['same'] for run in runs) else 'OTHER BITS'}; "
                f"labels that only the transformed half has: {runs[0]['unseen'] or 'none'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
