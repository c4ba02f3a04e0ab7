"""Measure what ``tl.denoise`` restores and what it predicts, against what it costs to do without.

    python benchmarks/denoise.py [bar ...]

``means``: simulated counts, against the means they were drawn from. ``hidden``: protein hidden from half of the spots, or from all of one
side, of the tissues in the folder ``data`` of ``$SPAMCA_TEST_DATA``. ``thinned``: half of all counts, against the other half.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"
NEIGHBORS = 15
SEEDS = 3


def dense(X):
    return X.toarray() if hasattr(X, "toarray") else np.asarray(X)


def log_normalised(X):
    X = dense(X).astype(np.float64)
    depth = X.sum(axis=1, keepdims=True)
    return np.log1p(X / np.maximum(depth, 1e-12) * np.median(depth))


def log_ratios(X):
    X = dense(X).astype(np.float64)
    return np.log1p(X / np.exp(np.log1p(X).mean(axis=1, keepdims=True)))


NORMALISED = {"rna": log_normalised, "protein": log_ratios}


def correlation(values, truth):
    """Mean over features of the correlation over spots; a feature that does not vary counts as zero."""
    values, truth = values - values.mean(axis=0), truth - truth.mean(axis=0)
    norm = np.sqrt(np.square(values).sum(axis=0) * np.square(truth).sum(axis=0))
    known = np.isfinite(values).all(axis=0) & (np.square(truth).sum(axis=0) > 0)
    product = (values * truth).sum(axis=0)
    return float(np.divide(product, norm, out=np.zeros_like(norm), where=norm > 1e-12)[known].mean())


def mean_of_nearest(values, space, of=None):
    """Mean of ``values`` over the nearest of ``space``, for the rows of ``of`` or for those of ``space`` themselves."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=NEIGHBORS).fit(space)
    return values[found.kneighbors(space if of is None else of, return_distance=False)].mean(axis=1)


def integrated(mdata, n_domains, seed=0):
    import spamca

    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_domains, random_state=seed, progress_bar=False)
    return mdata


SIMULATIONS = (
    {"difficulty": 0.2},
    {"difficulty": 0.5},
    {"difficulty": 0.8},
    {"difficulty": 0.5, "layout": "hexagonal", "pattern": "layers"},
    {"difficulty": 0.5, "layout": "random", "n_features": {"rna": 2000, "protein": 30}},
    {"difficulty": 0.5, "n_spots": 400, "n_domains": 4},
)


def means():
    """Correlation with the noise-free mean, per feature: measured, mean of 15 nearest in PCA space, denoised."""
    import spamca

    for options in SIMULATIONS:
        scores = {}
        for seed in range(SEEDS):
            mdata = spamca.datasets.simulated(means=True, random_state=seed, **options)
            integrated(mdata, mdata.obs["label"].nunique(), seed)
            spamca.tl.denoise(mdata)
            for name, normalised in NORMALISED.items():
                modality = mdata[name]
                measured, truth = normalised(modality.X), normalised(modality.layers["mean"])
                found = modality.layers["spamca_denoised"]
                used = np.isfinite(found[0])
                smoothed = mean_of_nearest(measured, modality.obsm["X_pca"])
                each = [correlation(values[:, used], truth[:, used]) for values in (measured, smoothed, found)]
                scores.setdefault(name, []).append(each)
        for name, found in scores.items():
            line = "  ".join(
                f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(np.mean(found, 0), np.std(found, 0), strict=True)
            )
            print(f"{options!s:95s} {name:8s} {line}", flush=True)


HIDDEN = (
    ("sim_spamosaic_rep1", "adt", "rna", "protein", 5),
    ("sim_triplet", "adt", "rna", "protein", 5),
    ("hln_a1_panel_split", "adt_b", "adt_a", "protein", 10),
    ("dlpfc_151673", "rna", "image", "rna", 7),
)


def without(mdata, name, gone):
    """The same tissue, some spots of which lack a modality."""
    from mudata import MuData

    part = MuData({m: adata[~gone].copy() if m == name else adata.copy() for m, adata in mdata.mod.items()})
    order = mdata.obs_names.get_indexer(part.obs_names)
    part.obsm["spatial"] = np.asarray(next(iter(mdata.mod.values())).obsm["spatial"])[order]
    return part, order


def hidden():
    """A modality hidden from half of the spots or one side of them: ARI, and correlation of what is predicted with what was measured."""
    import mudata
    from sklearn.metrics import adjusted_rand_score

    import spamca

    for tissue, name, other, kind, n_domains in HIDDEN:
        whole = mudata.read_h5mu(DATA / f"{tissue}.h5mu")
        for modality in whole.mod.values():
            modality.layers.clear()
        label = whole.obs["label"].astype(str).to_numpy()
        x = np.asarray(whole[name].obsm["spatial"])[:, 0]
        scores = {"half": [], "side": []}
        for seed in range(SEEDS):
            half = np.zeros(whole.n_obs, dtype=bool)
            half[np.random.default_rng(seed).permutation(whole.n_obs)[: whole.n_obs // 2]] = True
            full = integrated(whole.copy(), n_domains, seed)
            best = adjusted_rand_score(label, full.obs["spamca"])
            for where, gone in (("half", half), ("side", x < np.quantile(x, 0.35))):
                part, order = without(whole, name, gone)
                integrated(part, n_domains, seed)
                spamca.tl.denoise(part, random_state=seed)
                table, lacks = part.obsm[f"spamca_denoised_{name}"], gone[order]
                truth = NORMALISED[kind](whole[name].X)[order][:, whole[name].var_names.isin(table.columns)]
                space = part[other].obsm["X_pca"]
                space = space[part[other].obs_names.get_indexer(part.obs_names)]
                nearest = mean_of_nearest(truth[~lacks], space[~lacks], space[lacks])
                scores[where].append(
                    (
                        best,
                        adjusted_rand_score(label[order], part.obs["spamca"]),
                        correlation(nearest, truth[lacks]),
                        correlation(table.to_numpy()[lacks], truth[lacks]),
                    )
                )
        for where, found in scores.items():
            all_of, some_of, nearest, ours = np.mean(found, axis=0)
            print(
                f"{tissue:20s} {name} hidden from one {where}: ARI {all_of:.3f} with all, {some_of:.3f} without; "
                f"correlation {nearest:.3f} by nearest in {other}, {ours:.3f} predicted",
                flush=True,
            )


THINNED = (("dlpfc_151673", 7), ("sim_spamosaic_rep1", 5), ("hln_a1_panel_split", 10))


def thinned():
    """Half of the counts denoised, correlation with the other half: measured, mean of 15 nearest in PCA space, denoised."""
    import mudata
    from scipy.sparse import csr_matrix

    import spamca

    for tissue, n_domains in THINNED:
        mdata, rng, rest = mudata.read_h5mu(DATA / f"{tissue}.h5mu"), np.random.default_rng(0), {}
        for name, modality in mdata.mod.items():
            X = dense(modality.X)
            if (np.rint(X) == X).all():
                half = rng.binomial(X.astype(np.int64), 0.5)
                rest[name], modality.X = X - half, csr_matrix(half.astype(np.float32))
        integrated(mdata, n_domains)
        spamca.tl.denoise(mdata)
        for name, other in rest.items():
            modality = mdata[name]
            normalised = NORMALISED[modality.uns["spamca"]["kind"]]
            measured, truth = normalised(modality.X), normalised(other)
            smoothed = mean_of_nearest(measured, modality.obsm["X_pca"])
            found = modality.layers["spamca_denoised"]
            line = "  ".join(f"{correlation(values, truth):.3f}" for values in (measured, smoothed, found))
            print(f"{tissue:20s} {name:6s} {line}", flush=True)


BARS = {bar.__name__: bar for bar in (means, hidden, thinned)}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or BARS:
        print(f"== {chosen}: {BARS[chosen].__doc__}", flush=True)
        BARS[chosen]()
