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

TOP = 20


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


def by_scanpy(mdata) -> pd.DataFrame:
    """Features of all modalities ranked in the true domains by the score of scanpy's t-test, after its normalisation."""
    tables = []
    for name, modality in mdata.mod.items():
        own = modality.copy()
        own.obs["label"] = mdata.obs["label"].to_numpy()
        if name == "protein":
            from muon import prot

            prot.pp.clr(own, axis=1)
        else:
            sc.pp.normalize_total(own)
            sc.pp.log1p(own)
        sc.tl.rank_genes_groups(own, "label", method="t-test")
        found = sc.get.rank_genes_groups_df(own, None)
        tables.append(found.rename(columns={"group": "domain", "names": "feature"}))
    return pd.concat(tables).sort_values("scores", ascending=False)


def markers() -> None:
    print(
        "difficulty seed  least share of markers: drivers, scanpy with truth  (number of domains where fewer by two or more)"
    )
    for difficulty in (0.2, 0.5, 0.8):
        for seed in range(5):
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
            fewer = [
                TOP * (theirs[shared.columns[j]] - ours[shared.index[i]]) > 1.5 for i, j in zip(own, true, strict=True)
            ]
            print(f"{difficulty:10} {seed:4}  {ours.min():.2f}, {theirs.min():.2f}  ({sum(fewer)})")


def permuted() -> None:
    print(
        "\ndomains seed  called of the features that differ nowhere: held out, in the same domains; p < 0.05 held out"
    )
    for n_domains in (5, 8, 12):
        for seed in range(5):
            mdata, rng = spamca.datasets.simulated(random_state=seed), np.random.default_rng(seed)
            label = mdata.obs["label"].cat.codes.to_numpy()
            for modality in mdata.mod.values():
                values = modality.X.toarray()
                for k in range(5):
                    rows = np.flatnonzero(label == k)
                    for column in values.T:
                        column[rows] = column[rng.permutation(rows)]
                modality.X = values
            report(mdata, n_domains, ~marked(mdata), f"{n_domains:7} {seed:4}")


def smooth() -> None:
    print("\nreach seed  called of all features: held out, in the same domains; p < 0.05 held out")
    for reach in (0.7, 1.5, 3.0):
        for seed in range(3):
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
            mdata = MuData(mod)
            every = pd.Series(data=True, index=[name for one in mod.values() for name in one.var_names])
            report(mdata, 5, every, f"{reach:5} {seed:4}")


def report(mdata, n_domains: int, null: pd.Series, name: str) -> None:
    """Integrate, and print the share of called pairs of domain and feature, held out and not."""
    spamca.tl.integrate(mdata, n_domains, progress_bar=False)
    spamca.tl.drivers(mdata)
    held_out = mdata.uns["spamca_drivers"]
    spamca.tl.drivers(mdata, groupby="spamca")
    same = mdata.uns["spamca_drivers"]
    held_out, same = (table[null[table["feature"].astype(str)].to_numpy()] for table in (held_out, same))
    called = [(table["q_value"] < 0.05).mean() for table in (held_out, same)]
    print(f"{name}  {called[0]:.3f}, {called[1]:.3f}; {(held_out['p_value'] < 0.05).mean():.3f}", flush=True)


if __name__ == "__main__":
    logging.getLogger("spamca").setLevel(logging.ERROR)
    markers()
    permuted()
    smooth()
