"""What each of two processes does in tests of tissue that is spread over them: ``torchrun sharded.py FOLDER``."""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
from mudata import MuData

import spamca
from spamca import _group

RANK, QUIET = int(os.environ.get("RANK", "0")), {"progress_bar": False, "accelerator": "cpu"}


def sections(n_spots=1000, **changed):
    """Two sections of four domains, one after the other, with batch effects."""
    given = {
        "n_spots": n_spots,
        "n_domains": 4,
        "n_sections": 2,
        "batch_effect": 1.0,
        "n_features": 100,
        "random_state": 1,
    }
    return spamca.datasets.simulated(**{**given, **changed})


def tiles():
    """One section, its left half before its right half."""
    mdata = sections(n_sections=1)
    left = mdata.obsm["spatial"][:, 0] < np.median(mdata.obsm["spatial"][:, 0])
    return mdata[np.r_[np.flatnonzero(left), np.flatnonzero(~left)]].copy()


def layers():
    """Two layers of one block, with the same x and y, one after the other."""
    mdata = sections(batch_effect=0.0)
    height = 10.0 * (mdata.obs["section"] == "section 2").to_numpy()
    mdata.obsm["spatial"] = np.column_stack([mdata.obsm["spatial"], height])
    for modality in mdata.mod.values():
        modality.obsm.pop("spatial", None)
    return mdata


def holed():
    """Sections of which some spots lack a modality, and others were not measured in it."""
    mdata = sections()
    protein = mdata["protein"][np.random.default_rng(0).random(mdata.n_obs) < 0.8].copy()
    protein.X = protein.X.multiply((np.arange(protein.n_obs) % 9 > 0)[:, None]).tocsr()
    return of({"rna": mdata["rna"], "protein": protein}, mdata)


def of(modalities, mdata):
    """Modalities of a tissue as one, with its sections."""
    made = MuData(modalities)
    made.obs["section"], made.obsm["spatial"] = mdata.obs["section"].reindex(made.obs_names), mdata.obsm["spatial"]
    return made


def lazy():
    """Sections whose counts are dask arrays."""
    import dask.array

    mdata = sections()
    mdata["rna"].X = dask.array.from_array(np.asarray(mdata["rna"].X.todense()), chunks=(100, -1))
    return mdata


TISSUES = {
    "sections": (sections, "section", {}),
    "holes": (holed, "section", {}),
    "lazy": (lazy, "section", {}),
    "tiles": (tiles, None, {}),
    "layers": (layers, None, {}),
    "trained": (sections, "section", {"max_epochs": 3}),
    "uncorrected": (sections, "section", {"batch_correction": False}),
    "paper": (sections, "section", {"preset": "paper", "max_epochs": 3}),
}
"""By name a tissue, its column of sections, and arguments of integrate."""


def half(mdata, key, rank):
    """The shard of a process: a section, a layer, or a tile of about as many spots."""
    if key is None and mdata.obsm["spatial"].shape[1] == 3:
        return mdata[mdata.obsm["spatial"][:, 2] == 10 * rank].copy()
    if key is None:
        where = np.arange(mdata.n_obs) < np.count_nonzero(
            np.median(mdata.obsm["spatial"][:, 0]) > mdata.obsm["spatial"][:, 0]
        )
        return mdata[where if rank == 0 else ~where].copy()
    return mdata[(mdata.obs[key] == f"section {rank + 1}").to_numpy()].copy()


def integrated(mdata, key, n_clusters=4, **options):
    """The tissue after both calls, as a script under ``torchrun`` makes them."""
    spamca.pp.neighbors(mdata, library_key=key, sharded=True)
    spamca.tl.integrate(mdata, n_clusters, sharded=True, **QUIET, **options)
    return mdata


def found(mdata, preset=""):
    """What is compared."""
    kept = {"obs": mdata.obs, "embedding": mdata.obsm["X_spamca"], "record": mdata.uns["spamca"]}
    kept |= {"loadings": mdata["rna"].varm["PCs"], "features": mdata["rna"].obsm["X_pca"]}
    if preset != "paper":
        model = spamca.Model.from_mudata(mdata)
        kept |= {"model": (model.header, model.arrays), "posterior": mdata.obsm["spamca_posterior"]}
    return kept


def failing():
    """By name, a call that fails in both processes."""
    mdata = half(sections(200), "section", RANK)
    ready = mdata.copy()
    spamca.pp.neighbors(ready, library_key="section", sharded=True)
    negative, nothing, fewer, apart = (mdata.copy() for _ in range(4))
    if RANK == 1:
        nothing["protein"].X = 0 * nothing["protein"].X
        negative["rna"].X = -negative["rna"].X
        fewer = of({"rna": mdata["rna"][:, ::2].copy(), "protein": mdata["protein"]}, mdata)
    spamca.pp.neighbors(apart, library_key="section")
    few = mdata[:5].copy() if RANK else mdata.copy()
    lost, other = ready.copy(), ready.copy()
    if RANK == 1:
        del lost.obs["section"]
        other.uns["spatial_neighbors"]["params"]["radius"] = 3.0
    flat = mdata.copy()
    if RANK == 1:
        flat.obsm["spatial"] = np.pad(flat.obsm["spatial"], [(0, 0), (0, 1)])
    single = of({"rna": mdata["rna"]}, mdata) if RANK else mdata
    return {
        "n_clusters": lambda: spamca.tl.integrate(ready, 3 + RANK, sharded=True, **QUIET),
        "seed": lambda: spamca.tl.integrate(ready, 3, sharded=True, random_state=None, **QUIET),
        "negative": lambda: spamca.pp.prepare(negative, sharded=True),
        "nothing": lambda: integrated(nothing, "section"),
        "features": lambda: spamca.pp.prepare(fewer, sharded=True),
        "modalities": lambda: spamca.pp.prepare(single, sharded=True),
        "prepared apart": lambda: spamca.tl.integrate(apart, 3, sharded=True, **QUIET),
        "columns": lambda: spamca.pp.neighbors(flat, library_key="section", sharded=True),
        "radius": lambda: spamca.pp.neighbors(mdata.copy(), library_key="section", radius=2.0 + RANK, sharded=True),
        "other graphs": lambda: spamca.tl.integrate(other, 3, sharded=True, **QUIET),
        "few": lambda: integrated(few, "section", n_clusters=6),
        "lost": lambda: spamca.tl.integrate(lost, 3, sharded=True, **QUIET),
        "no graphs": lambda: spamca.tl.integrate(mdata, 3, sharded=True, **QUIET),
        "auto": lambda: spamca.pp.neighbors(mdata, sharded=True),
        "devices": lambda: spamca.tl.integrate(ready, 3, sharded=True, **{**QUIET, "devices": 2}),
        "late": lambda: spamca.tl.integrate(ready, 3, sharded=True, key_added="late" if RANK else "spamca", **QUIET),
        "diverged": lambda: spamca.tl.integrate(
            ready, 3, sharded=True, settings={"learning_rate": 1e30, "n_steps": 20}, **QUIET
        ),
    }, ready


def main(folder):
    warnings.simplefilter("ignore")
    results = {}
    for name, (make, key, options) in TISSUES.items():
        for limit in (200_000, 600):
            _group.MOST_SPOTS = limit
            mdata = integrated(half(make(), key, RANK), key, **options)
            results[name, limit < 1000] = found(mdata, options.get("preset", ""))
    calls, ready = failing()
    for name, call in calls.items():
        try:
            call()
            results[name] = "no error"
        except (ArithmeticError, LookupError, RuntimeError, ValueError) as error:
            results[name] = f"{type(error).__name__}: {error}"
    results["unchanged"] = "spamca" not in ready.uns
    (Path(folder) / f"{RANK}.pkl").write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
