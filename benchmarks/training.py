"""What the schedule and the batches of the training cost in accuracy: ARI of the default, of five times the steps, and of tiles.

    python -m benchmarks.training [--sets NAME ...] [--seeds N ...] [--publish]

All tissue of ``benchmarks.tissues``, K the number of labels; without labels, the agreement with the default's domains is shown. With
tiles, a batch holds a quarter of the tissue, and 256 spots at least. Results lie in ``build/training``.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from benchmarks import tissues

if TYPE_CHECKING:
    from mudata import MuData

TIMES = 5
PARTS, LEAST = 4, 256


def options(n_spots: int, n_steps: int) -> dict[str, dict]:
    """Arguments of ``integrate`` by what is compared."""
    return {
        "default": {},
        f"{TIMES} times the steps": {"settings": {"n_steps": TIMES * n_steps, "early_stopping": False}},
        "tiles": {"batch_size": max(LEAST, -(-n_spots // PARTS))},
    }


def run(mdata: MuData, n_clusters: int, seed: int) -> dict[str, np.ndarray]:
    """Domains of one seed by what is compared."""
    import spamca
    from spamca.nn import Settings

    found = {}
    for name, given in options(mdata.n_obs, Settings().n_steps).items():
        spamca.tl.integrate(mdata, n_clusters, random_state=seed, progress_bar=False, **given)
        found[name] = mdata.obs["spamca"].to_numpy().astype(int)
    return found


def measure(name: str, seeds: list[int]) -> dict[str, list[float]]:
    """ARI of each seed with the labels, or with the default's domains."""
    from sklearn.metrics import adjusted_rand_score

    import spamca

    mdata = tissues.load(name)
    labels, n_clusters = tissues.labels_of(mdata)
    spamca.pp.neighbors(mdata)
    scores: dict[str, list[float]] = {}
    for seed in seeds:
        found = run(mdata, n_clusters, seed)
        for what, domains in found.items():
            truth = found["default"] if labels is None else labels
            known = slice(None) if labels is None else labels != ""
            scores.setdefault(what, []).append(adjusted_rand_score(truth[known], domains[known]))
    return scores


def text(found: dict[str, dict[str, list[float]]]) -> str:
    """Mean and standard deviation over the seeds."""
    from benchmarks.report import markdown

    names = list(next(iter(found.values())))
    rows = [[f"`{s}`", *(f"{np.mean(v[n]):.3f} ± {np.std(v[n]):.3f}" for n in names)] for s, v in found.items()]
    return markdown(rows, ["set", *names])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=None)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("build/training"))
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("spamca").setLevel(logging.ERROR)
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.sets or tissues.names():
        path = given.folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(measure(name, given.seeds)))
        print(name, path.read_text(), flush=True)
    order = {name: i for i, name in enumerate(tissues.names())}
    paths = sorted(given.folder.glob("*.json"), key=lambda path: order.get(path.stem, len(order)))
    found = {path.stem: json.loads(path.read_text()) for path in paths}
    print(text(found))
    if given.publish:
        from benchmarks.report import DOCS, put_between

        put_between(DOCS / "performance.md", "table of training", text(found))


if __name__ == "__main__":
    main()
