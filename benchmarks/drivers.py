"""Drivers on simulated tissue: are they markers, and how many are called where there is nothing to call?

``python -m benchmarks.drivers`` prints three tables. First, how many of the 20 features with the largest effect in each domain are markers,
against scanpy's ``rank_genes_groups`` with the true domains. Then, how many features are called at a false discovery rate of 0.05 among
those that differ between no domains, with the values of every feature permuted within the true domains. Last, the same where domains are
found in features that vary smoothly, each on its own: no feature says anything of another.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import scanpy as sc
from anndata import AnnData
from mudata import MuData
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment

import spamca

TOP, SEEDS = 20, 5
HEAD = """| {} | held out: q < 0.05 | p < 0.05 | same domains: q < 0.05 | p < 0.05 | scanpy, same domains: q < 0.05 |
|---|---|---|---|---|---|"""


def marked(mdata) -> pd.Series:
    return pd.concat([modality.var["marker"] for modality in mdata.mod.values()])


def share_of_markers(table: pd.DataFrame, marker: pd.Series) -> pd.Series:
    """Share of markers among the first features of each domain."""
    return pd.Series(
        {
            name: marker[own["feature"].astype(str).head(TOP)].mean()
            for name, own in table.groupby("domain", observed=True)
        }
    )


def by_scanpy(mdata, column: str = "label") -> pd.DataFrame:
    """Features of all modalities ranked in domains, the true ones by default, by scanpy's t-test, after its normalisation."""
    tables = []
    for name, modality in mdata.mod.items():
        own = modality.copy()
        own.obs["domain"] = mdata.obs[column].to_numpy()
        if name == "protein":
            from muon import prot

            prot.pp.clr(own, axis=1)
        else:
            sc.pp.normalize_total(own)
            sc.pp.log1p(own)
        own.obs["domain"] = own.obs["domain"].astype("category")
        size = own.obs["domain"].value_counts()
        sc.tl.rank_genes_groups(own, "domain", groups=list(size.index[size > 1]), method="t-test")
        found = sc.get.rank_genes_groups_df(own, None)
        tables.append(found.rename(columns={"group": "domain", "names": "feature"}))
    return pd.concat(tables).sort_values("scores", ascending=False)


def markers() -> None:
    print(
        "| difficulty | drivers: mean, least | scanpy with the true domains: mean, least | domains with fewer by two or more |"
    )
    print("|---|---|---|---|")
    for difficulty in (0.2, 0.5, 0.8):
        all_ours, all_theirs, fewer = [], [], 0
        for seed in range(SEEDS):
            mdata = spamca.datasets.simulated(difficulty=difficulty, random_state=seed)
            spamca.tl.integrate(mdata, 5, progress_bar=False)
            spamca.tl.drivers(mdata)
            marker = marked(mdata)
            ours, theirs = (
                share_of_markers(mdata.uns["spamca_drivers"], marker),
                share_of_markers(by_scanpy(mdata), marker),
            )
            shared = pd.crosstab(mdata.obs["spamca"], mdata.obs["label"])
            own, true = linear_sum_assignment(shared, maximize=True)
            ours, theirs = ours[shared.index[own]].to_numpy(), theirs[shared.columns[true]].to_numpy()
            fewer += int((TOP * (theirs - ours) > 1.5).sum())
            all_ours += [*ours]
            all_theirs += [*theirs]
        shares = [f"{np.mean(values):.2f}, {np.min(values):.2f}" for values in (all_ours, all_theirs)]
        print(f"| {difficulty} | {' | '.join(shares)} | {fewer} of {len(all_ours)} |", flush=True)


def permuted() -> None:
    print(f"\n{HEAD.format('domains wanted')}")
    for n_domains in (5, 8, 12):
        rows = []
        for seed in range(SEEDS):
            mdata, rng = spamca.datasets.simulated(random_state=seed), np.random.default_rng(seed)
            label = mdata.obs["label"].cat.codes.to_numpy()
            for modality in mdata.mod.values():
                values = modality.X.toarray()
                for k in range(5):
                    spots = np.flatnonzero(label == k)
                    for column in values.T:
                        column[spots] = column[rng.permutation(spots)]
                modality.X = values
            rows.append(called(mdata, n_domains, ~marked(mdata)))
        show(n_domains, rows)


def smooth() -> None:
    print(f"\n{HEAD.format('reach, in spots')}")
    for reach in (0.7, 1.5, 3.0):
        rows = []
        for seed in range(SEEDS):
            rng, side = np.random.default_rng(seed), 36
            position = np.column_stack([a.ravel() for a in np.meshgrid(np.arange(float(side)), np.arange(float(side)))])
            mod = {}
            for name, width in {"rna": 60, "protein": 30}.items():
                fields = np.stack(
                    [gaussian_filter(rng.normal(size=(side, side)), reach).ravel() for _ in range(width)], axis=1
                )
                counts = rng.poisson(3 * np.exp(0.5 * fields / fields.std(axis=0))).astype(np.float32)
                names = pd.DataFrame(index=[f"{name}{j}" for j in range(width)])
                mod[name] = AnnData(counts, var=names, obsm={"spatial": position.copy()})
            every = pd.Series(data=True, index=[name for one in mod.values() for name in one.var_names])
            rows.append(called(MuData(mod), 5, every))
        show(reach, rows)


def called(mdata, n_domains: int, null: pd.Series) -> list[float]:
    """Shares of the pairs of domain and null feature with q < 0.05 and p < 0.05: held out, in the same domains, and by scanpy (q only)."""
    spamca.tl.integrate(mdata, n_domains, progress_bar=False)
    spamca.tl.drivers(mdata)
    held_out = mdata.uns["spamca_drivers"]
    mdata.obs["as they are"] = mdata.obs["spamca"]
    spamca.tl.drivers(mdata, groupby="as they are")
    out = []
    for table in (held_out, mdata.uns["as they are_drivers"]):
        own = table[null[table["feature"].astype(str)].to_numpy()]
        out += [(own["q_value"] < 0.05).mean(), (own["p_value"] < 0.05).mean()]
    ranked = by_scanpy(mdata, "spamca")
    ranked = ranked[null[ranked["feature"].astype(str)].to_numpy()]
    return [*out, (ranked["pvals_adj"] < 0.05).mean()]


def show(name: float, rows: list[list[float]]) -> None:
    """Print the means over seeds, and in brackets the largest share called of held-out features."""
    mean = np.mean(rows, axis=0)
    most = max(row[0] for row in rows)
    numbers = " | ".join(f"{value:.3f}" for value in mean[1:])
    print(f"| {name} | {mean[0]:.3f} (at most {most:.3f}) | {numbers} |", flush=True)


if __name__ == "__main__":
    logging.getLogger("spamca").setLevel(logging.ERROR)
    markers()
    permuted()
    smooth()
