"""Comparison of groups of sections: how often it finds what is not there, and what is; as Markdown tables.

    python -m benchmarks.groups [table ...] > tables.md

Sections are simulated cheaply: shares of domains from a Dirichlet distribution, whose concentration says how alike sections are (30: a share of 0.17
varies by 40 %; 300: by 13 %), spots from a multinomial; features as counts with a random level of each section; neighbours as maps of patches. The
table ``tissue`` does the same on whole simulated tissue with domains that were found in it. Cells are shares of tests with p < 0.05.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings

import numpy as np
from scipy import sparse, stats

import spamca
from spamca.graph import spatial_graph
from spamca.groups import Design, border_ratios, contrast, log_ratios, pseudobulk
from spamca.shapes.tables import Domains

warnings.filterwarnings("ignore")
logging.getLogger("spamca").setLevel(logging.ERROR)
DRAWS = int(os.environ.get("DRAWS", "1000"))
SHARES = np.array([0.30, 0.22, 0.18, 0.14, 0.10, 0.06])
CONCENTRATIONS = (30, 50, 100, 300)
N_SPOTS, LEVEL = 2500, 0.05
NAMES = [str(k) for k in range(len(SHARES))]


def groups(n):
    return Design(np.repeat([1, 0], n))


def rate(p):
    p = np.concatenate([np.ravel(one) for one in p])
    return (p[np.isfinite(p)] < LEVEL).mean()


def counts(rng, n, concentration, doubled=None):
    """Spots of each domain in n sections of each of two groups, (2n, K); the share of one domain doubled in the first."""
    first = SHARES.copy()
    if doubled is not None:
        rest = np.arange(len(SHARES)) != doubled
        first[doubled] *= 2
        first[rest] *= (1 - first[doubled]) / first[rest].sum()
    shares = np.concatenate([rng.dirichlet(mean * concentration, n) for mean in (first, SHARES)])
    return rng.multinomial(N_SPOTS, shares)


def spots_as_units(found, n):
    """p-values of each domain where every spot counts as a replicate: what is not to be done."""
    a, b = found[:n].sum(axis=0), found[n:].sum(axis=0)
    return [stats.chi2_contingency([[x, a.sum() - x], [y, b.sum() - y]])[1] for x, y in zip(a, b, strict=True)]


def shares():
    print("| shares, sections | test | no difference | " + " | ".join(f"{c}" for c in CONCENTRATIONS) + " |")
    print("|---" * (3 + len(CONCENTRATIONS)) + "|")
    for n, test in [
        (6, "permutation"),
        (6, "t"),
        (4, "permutation"),
        (4, "t"),
        (3, "permutation"),
        (3, "t"),
        (6, "spots"),
    ]:
        rng, null, power = np.random.default_rng(0), [], {c: [] for c in CONCENTRATIONS}
        for draw in range(DRAWS):
            concentration = CONCENTRATIONS[draw % len(CONCENTRATIONS)]
            nothing = counts(rng, n, concentration)
            if test == "spots":
                null.append(spots_as_units(nothing, n))
                continue
            null.append(contrast(log_ratios(nothing), groups(n), 1, 0, test=test).p_value)
            doubled = draw % len(SHARES)
            for c, found in power.items():
                values = log_ratios(counts(rng, n, c, doubled))
                found.append(contrast(values, groups(n), 1, 0, test=test).p_value[[doubled]])
        cells = [f"{rate(found):.3f}" if found else "" for found in power.values()]
        print(f"| {n} and {n} | {test} | {rate(null):.3f} | " + " | ".join(cells) + " |", flush=True)


def scales():
    """On which scale shares are compared, one domain doubled: how often it is found, and how often one of the others is."""
    print("\n| scale of shares, 6 and 6 sections | the doubled domain | one of the others |\n|---|---|---|")

    def logit(found):
        share = (found + 0.5) / (found + 0.5).sum(axis=1, keepdims=True)
        return np.log(share / (1 - share))

    def arcsine(found):
        return np.arcsin(np.sqrt(found / found.sum(axis=1, keepdims=True)))

    for name, scale in (("centred log ratio", log_ratios), ("logit", logit), ("arcsine", arcsine)):
        rng, doubled, others = np.random.default_rng(0), [], []
        for draw in range(DRAWS):
            k = draw % len(SHARES)
            p = contrast(scale(counts(rng, 6, 50, k)), groups(6), 1, 0).p_value
            doubled.append(p[[k]])
            others.append(np.delete(p, k))
        print(f"| {name} | {rate(doubled):.3f} | {rate(others):.3f} |", flush=True)


def features():
    """Levels of features that vary from section to section, by 0.3 on the scale of natural logarithms, and by domain."""
    print("\n| features, sections | test | no difference | doubled |\n|---|---|---|---|")
    n_domains, n_features, n_spots = 4, 50, 12
    for n, test in [(6, "permutation"), (6, "t"), (3, "t")]:
        rng, p = np.random.default_rng(0), {1.0: [], 2.0: []}
        label = np.tile(np.repeat(np.arange(n_domains), n_spots), 2 * n)
        section = np.repeat(np.arange(2 * n), n_domains * n_spots)
        for _ in range(DRAWS):
            level = rng.gamma(1, 2, n_features) * np.exp(0.3 * rng.normal(size=(2 * n, n_domains, n_features)))
            for fold, found in p.items():
                mean = level.copy()
                mean[:n, :, 0] *= fold
                depth = rng.lognormal(0, 0.4, len(label))[:, None]
                X = rng.poisson(depth * mean[section, label])
                values = pseudobulk(X, label, section, (2 * n, n_domains), counts=True)[0]
                values = values[:, :, 0] if fold > 1 else values.reshape(2 * n, -1)
                found.append(contrast(values, groups(n), 1, 0, test=test).p_value)
        print(f"| {n} and {n} | {test} | {rate(p[1.0]):.3f} | {rate(p[2.0]):.3f} |", flush=True)


def maps(rng, n, side=24, n_patches=15):
    """Sections of patches that belong to domains at random, as :class:`Domains`."""
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2).astype(float)
    graph = spatial_graph(at, kind="grid").connectivities
    label = []
    for _ in range(2 * n):
        centres = rng.uniform(0, side, (n_patches, 2))
        owner = rng.choice(len(SHARES), n_patches, p=rng.dirichlet(SHARES * 50))
        label.append(owner[np.square(at[:, None] - centres).sum(axis=2).argmin(axis=1)])
    section = np.repeat(np.arange(2 * n), len(at))
    everywhere = sparse.block_diag([graph] * (2 * n), format="csr")
    return Domains(np.concatenate(label), NAMES, section, [str(s) for s in range(2 * n)], everywhere)


def neighbors():
    print("\n| neighbours, sections | test | no difference |\n|---|---|---|")
    rng, p = np.random.default_rng(0), {"permutation": [], "t": []}
    off = ~np.eye(len(SHARES), dtype=bool)
    for _ in range(DRAWS):
        values = border_ratios(maps(rng, 6))[1][:, off]
        for test, found in p.items():
            found.append(contrast(values, groups(6), 1, 0, test=test).p_value)
    for test, found in p.items():
        print(f"| 6 and 6 | {test} | {rate(found):.3f} |", flush=True)


def donors():
    """Two sections of each donor, donors as different as sections are."""
    print(
        "\n| donors with two sections each | test | no difference | effect of two standard deviations |\n|---|---|---|---|"
    )
    for name, n_donors, within in [("6 and 6", 12, False), ("4 and 4", 8, False), ("8 with both groups", 8, True)]:
        donor = np.repeat(np.arange(n_donors), 2)
        group = np.tile([0, 1], n_donors) if within else (donor < n_donors / 2).astype(int)
        rng = np.random.default_rng(0)
        values = rng.normal(size=(2 * n_donors, 10 * DRAWS)) + rng.normal(size=(n_donors, 10 * DRAWS))[donor]
        for test, who in [
            ("permutation", donor),
            ("t", donor),
            ("mixed", donor),
            ("permutation, sections as units", None),
        ]:
            some = values[:, :DRAWS] if test == "mixed" else values  # which takes longer
            found = [
                contrast(some + effect * group[:, None], Design(group, who), 1, 0, test=test.split(",")[0]).p_value
                for effect in (0, 2)
            ]
            print(f"| {name} | {test} | {rate(found[:1]):.3f} | {rate(found[1:]):.3f} |", flush=True)


def tissue():
    """Whole tissue of 12 sections, domains found in it, and groups of sections at random."""
    n_tissues, n_groupings = max(1, DRAWS // 50), 100
    p = {}
    for seed in range(n_tissues):
        mdata = spamca.datasets.simulated(n_spots=4800, n_sections=12, n_domains=5, n_features=100, random_state=seed)
        spamca.pp.neighbors(mdata, library_key="section")
        spamca.tl.integrate(mdata, 5, random_state=seed, progress_bar=False)
        rng, names = np.random.default_rng(seed), mdata.obs["section"].cat.categories
        for _ in range(n_groupings):
            chosen = rng.permutation(names)[:6]
            mdata.obs["group"] = np.where(mdata.obs["section"].isin(chosen), "a", "b")
            spamca.tl.compare(mdata, "group", modality="protein")
            table = mdata.uns["spamca_comparison"]["table"]
            for what, found in table.groupby("what", observed=True):
                p.setdefault(what, []).append(found["p_value"].to_numpy())
            spots = mdata.uns["spamca_comparison"]["sections"].pivot(
                index="section", columns="domain", values="n_spots"
            )
            spots = spots.sort_index(key=lambda index: ~index.isin(chosen)).to_numpy()
            p.setdefault("share, spots as units", []).append(np.array(spots_as_units(spots, 6)))
    print("\n| simulated tissue, found domains | no difference |\n|---|---|")
    for what, found in p.items():
        print(f"| {what} | {rate(found):.3f} |", flush=True)


TABLES = {
    "shares": shares,
    "scales": scales,
    "features": features,
    "neighbors": neighbors,
    "donors": donors,
    "tissue": tissue,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        TABLES[name]()
