"""Ways to prepare metabolites, on simulated mass spectrometry imaging.

    python -m benchmarks.metabolites

Intensities are log-normal, ions differ a hundredfold in brightness, every pixel has an effect of its own on all of them (smooth over
the tissue, as a matrix that was sprayed unevenly, and a rest from pixel to pixel), and what lies below a limit is zero. No labelled
tissue with metabolites was at hand: nothing is tuned on real tissue.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np

N_FEATURES, N_POINTS, N_DOMAINS = 150, 1300, 4
SEEDS = range(5)
DIFFICULTIES = (0.2, 0.5, 0.8)


def draw_intensities(domain, classes, difficulty, seed, stream, *, effect=None, dominant=False):
    """Intensities of points in domains, (n_points, n_features), float32, zero below the limit of detection.

    ``effect`` is the logarithm of what a pixel multiplies all ions by, (n_points,). ``dominant``: one ion, which marks a
    domain, has half of the total current.
    """
    rng = np.random.default_rng(seed)
    level = rng.normal(np.log(1000), 1.2, size=N_FEATURES)
    marker = rng.random(N_FEATURES) < 0.4
    shift = (0.6 - 0.4 * difficulty) * rng.normal(size=(len(classes), N_FEATURES)) * marker
    log_mean = level + shift[classes]
    if dominant:
        ion = int(level.argmax())
        log_mean[:, ion] = np.log(np.exp(log_mean).sum(axis=1).mean()) + np.where(
            np.arange(len(classes)) % 2, 0.7, -0.7
        )
    limit = np.exp(np.quantile(level, 0.2 + 0.3 * difficulty))
    rng = np.random.default_rng([*seed, stream])
    pixel = 0.3 * rng.normal(size=(len(domain), 1)) + (0 if effect is None else effect[:, None])
    noise = (0.5 + 0.5 * difficulty) * rng.normal(size=(len(domain), N_FEATURES))
    values = np.exp(log_mean[domain] + pixel + noise)
    return np.where(values >= limit, values, 0).astype(np.float32)


def tissue(seed, difficulty, *, dominant=False):
    """Coordinates (n_points, 2), domains (n_points,) and intensities."""
    from spamca.datasets._tissue import draw_domains, grid

    points = grid(N_POINTS, np.random.default_rng(seed))
    domain = draw_domains(points, N_DOMAINS, "blobs", np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    at = points / points.max()
    waves = [np.cos(2 * np.pi * (at @ rng.normal(scale=1.0, size=2)) + rng.uniform(0, 6)) for _ in range(3)]
    effect = 0.4 * np.sum(waves, axis=0)
    X = draw_intensities(domain, np.arange(N_DOMAINS), difficulty, [seed, 3], 0, effect=effect, dominant=dominant)
    return points, domain, X


def at_median(X, size):
    """Values at the median size of a pixel; pixels without any stay as they are."""
    size = np.where(size > 0, size, 1)
    return X * (np.median(size) / size)[:, None]


def median_found(X):
    return np.array([np.median(row[row > 0]) if (row > 0).any() else 0 for row in X])


def limits(Y):
    found = np.where(Y > 0, Y, np.nan)
    logs = np.log(found)
    return np.nan_to_num(np.exp(np.nanmean(logs, axis=0) - 1.645 * np.nanstd(logs, axis=0)), nan=1.0)


def ways(X):
    """Ways to prepare intensities, by name: features and the kind that they are given as."""
    total, root = X.sum(axis=1), np.sqrt((X**2).mean(axis=1))
    tic, rms, median = at_median(X, total), at_median(X, root), at_median(X, median_found(X))
    half = limits(tic) / 2
    return {
        "as they are": (X, "generic"),
        "total, no log": (tic, "generic"),
        "total, log(1 + x)": (np.log1p(tic), "generic"),
        "total, half of the limit for zeros, log": (np.log(np.maximum(tic, half)), "generic"),
        "total, log in limits (default)": (X, "metabolite"),
        "root mean square, log in limits": (np.log1p(rms / limits(rms)), "generic"),
        "median of what is found, log in limits": (np.log1p(median / limits(median)), "generic"),
        "no normalisation, log in limits": (np.log1p(X / limits(X)), "generic"),
    }


def ari(points, domain, X, kind) -> float:
    from anndata import AnnData
    from mudata import MuData
    from sklearn.metrics import adjusted_rand_score

    import spamca

    mdata = MuData({"msi": AnnData(np.asarray(X, dtype=np.float32), obsm={"spatial": points})})
    spamca.pp.prepare(mdata, kinds={"msi": kind})
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, n_clusters=N_DOMAINS, progress_bar=False)
    return adjusted_rand_score(domain, mdata.obs["spamca"].astype(str))


def main() -> None:
    import logging

    warnings.simplefilter("ignore")
    logging.getLogger("spamca").setLevel(logging.ERROR)
    columns = [*((difficulty, False) for difficulty in DIFFICULTIES), (0.5, True)]
    scores: dict[str, list[float]] = {}
    for difficulty, dominant in columns:
        found: dict[str, list[float]] = {}
        for seed in SEEDS:
            points, domain, X = tissue(seed, difficulty, dominant=dominant)
            for name, (values, kind) in ways(X).items():
                found.setdefault(name, []).append(ari(points, domain, values, kind))
        for name, several in found.items():
            scores.setdefault(name, []).append(float(np.mean(several)))
    print(
        "| preparation | difficulty 0.2 | 0.5 | 0.8 | 0.5, one ion with half of the current |\n| --- | --- | --- | --- | --- |"
    )
    for name, row in scores.items():
        print(f"| {name} |", " | ".join(f"{one:.3f}" for one in row), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())
