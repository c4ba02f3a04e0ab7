"""All results as tables: one row a run and read-out, and means and spread over seeds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from benchmarks import tissues
from benchmarks.methods import METHODS, SINGLE, SMOOTHING, method_of, names_for, smoothing_of
from benchmarks.plan import Job, read_record, slug
from benchmarks.readout import READOUTS
from benchmarks.tissue import facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGREEMENT = ("ARI", "NMI", "AMI", "homogeneity", "completeness", "FMI")
COHERENCE = ("Moran's I", "PAS", "CHAOS")
BEST_SINGLE = "best single modality"
KEYS = ("set", "noise", "method", "readout")
MEASURES = (*AGREEMENT, *COHERENCE, "domains", "seconds", "peak MiB", "readout seconds")


def runs(folder: Path) -> pd.DataFrame:
    """One row a tissue, method, seed and read-out, failed ones included; seconds and memory are those of the fit."""
    rows = [row for tissue in sorted((folder / "runs").glob("*")) for row in _of_tissue(folder, tissue.name)]
    columns = [*KEYS, "seed", "status", "message", *AGREEMENT, *COHERENCE, "domains"]
    columns += ["seconds", "peak MiB", "readout seconds", "note", "versions"]
    return pd.DataFrame(rows, columns=columns)


def _of_tissue(folder: Path, tissue: str) -> Iterator[dict]:
    base, noise, noise_seed = tissues.split(tissue)
    for name in names_for(list(facts(folder / "tissues" / f"{tissue}.npz").get("kinds", []))):
        place = folder / "runs" / tissue / slug(name)
        fits = {int(path.parent.name): read_record(path) for path in place.glob("*/run.json")}
        seeds = {int(path.parent.name) for path in place.glob("*/*.json")}
        for seed in sorted(seeds):
            fit = fits.get(seed) or fits.get(min(fits, default=0), {})
            shown = {"set": base, "noise": noise, "method": name, "seed": noise_seed if noise else seed}
            shown |= {"status": fit.get("status"), "message": fit.get("message"), "note": fit.get("note", "")}
            shown |= {"seconds": fit.get("seconds"), "peak MiB": fit.get("peak_bytes", np.nan) / 2**20}
            shown["versions"] = " ".join(f"{key} {value}" for key, value in fit.get("versions", {}).items())
            yield from _of_readouts(place / str(seed), shown, name)


def _of_readouts(place: Path, shown: dict, name: str) -> Iterator[dict]:
    if shown["status"] != "ok":
        yield shown | {"readout": ""}
        return
    own = method_of(name).own
    for readout in READOUTS:
        source = "mclust" if readout == "own" and own == "mclust" else readout
        record = read_record(place / f"{source}.json")
        if record:
            status = {"status": "failed", "message": record["failed"]} if "failed" in record else {}
            yield (
                shown
                | record
                | {"readout": readout, "readout seconds": record.get("seconds")}
                | {"seconds": shown["seconds"]}
                | status
            )


def agreement_of_seeds(folder: Path, tissue: str, name: str, readout: str) -> float:
    """Mean adjusted Rand index of the domains of every two seeds; NaN with fewer than two."""
    from sklearn.metrics import adjusted_rand_score

    source = "mclust" if readout == "own" and method_of(name).own == "mclust" else readout
    files = sorted((folder / "runs" / tissue / slug(name)).glob(f"*/{source}.npy"))
    pairs = itertools.combinations([np.load(path) for path in files], 2)
    found = [adjusted_rand_score(one, other) for one, other in pairs]
    return float(np.mean(found)) if found else float("nan")


def summary(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over seeds, number of seeds, and how well the domains of two seeds agree."""
    done = table[(table["status"] == "ok") & (table["readout"] != "")]
    if done.empty:
        return pd.DataFrame(columns=[*KEYS, "seeds", "agreement of seeds"])
    groups = done.groupby(list(KEYS), sort=False)
    found = groups[list(MEASURES)].agg(["mean", lambda values: values.std(ddof=0)])
    found.columns = [name if which == "mean" else f"{name} sd" for name, which in found.columns]
    found.insert(0, "seeds", groups.size())
    found = found.reset_index()
    agreeing = [
        float("nan") if row.noise else agreement_of_seeds(folder, row.set, row.method, row.readout)
        for row in found.itertuples()
    ]
    found.insert(found.columns.get_loc("seeds") + 1, "agreement of seeds", agreeing)
    return found


def with_published(found: pd.DataFrame, path: Path) -> pd.DataFrame:
    """What was measured here, and what the published table holds from earlier runs."""
    if not path.exists():
        return found
    earlier = pd.read_csv(path).fillna({"noise": ""})
    shown = [*KEYS, "seeds", "agreement of seeds", *(f"{name}{end}" for name in MEASURES for end in ("", " sd"))]
    earlier = earlier[[name for name in earlier if name in shown]]
    known = set(map(tuple, found[list(KEYS)].to_numpy()))
    kept = [row not in known for row in map(tuple, earlier[list(KEYS)].to_numpy())]
    return pd.concat([found, earlier[kept]], ignore_index=True) if any(kept) else found


def with_best_single(found: pd.DataFrame) -> pd.DataFrame:
    """The single modalities of a set as one row a smoothing: that of the highest mean ARI, or the first without labels."""
    alone = found["method"].str.startswith(SINGLE)
    best = found[alone].sort_values("ARI", ascending=False, kind="stable")
    best = best.assign(method=[BEST_SINGLE + smoothing_of(name) for name in best["method"]])
    best = best.drop_duplicates(list(KEYS))
    return pd.concat([found[~alone], best], ignore_index=True)


def methods_in_order(found: pd.DataFrame) -> list[str]:
    """Names of methods that have rows, spamca first."""
    order = ["spamca", *(BEST_SINGLE + ending for ending in SMOOTHING), *(name for name in METHODS if name != "spamca")]
    present = set(found["method"])
    return [name for name in order if name in present]


def is_stale(folder: Path, tissue: str, name: str) -> bool:
    """Whether a result was made by other code or of other features than there are now."""
    job = Job(folder, tissue, name, (0,))
    records = [read_record(path) for path in job.place.glob("*/run.json")]
    return any(record["key"] != job.fit_key() for record in records)
