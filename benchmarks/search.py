"""The search of the guide, and cheaper ones: how far each stays behind the best objective that any found, and its time.

    SPAMCA_TEST_DATA=... python -m benchmarks.search [--seeds N ...] [--publish]

All tissue of one section, with K the number of labels and K + 3; no labels are read. Objectives are in nats per spot. The times are
those of one thread: set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from contextlib import ExitStack
from importlib import import_module
from unittest import mock

import numpy as np
from benchmarks import tissues

import spamca
from spamca.guide import guide
from spamca.tl._guide import arrays_of, trusts

MORE = 3
NEAR = 2e-3

SEARCHES = {
    "default": {},
    "every start followed": {"search.N_STARTED": 10**6},
    "12 starts followed": {"search.N_STARTED": 12},
    "12 finalists": {"search.N_FINALISTS": 12},
    "second line always": {"search.WITHIN": np.inf},
    "12 finalists, second line always": {"search.N_FINALISTS": 12, "search.WITHIN": np.inf},
    "one line": {"search.N_LINES": 1},
    "one start of each kind": {"starts.N_EACH": 1},
    "starts from 1,000 spots": {"starts.SAMPLE": 1000},
    "3 steps at first": {"search._FIRST": 3, "search._SHORT": 3},
    "2 inner steps": {"relaxation._INNER_STEPS": 2},
    "8 moves a round": {"search._TRIED": 8},
}
"""What differs from the default, by the constants of the modules of :mod:`spamca.guide`."""


def problems() -> list[tuple[str, dict, int]]:
    """Name, arrays and number of domains."""
    out = []
    for name in tissues.names():
        if name in tissues.SEVERAL_SECTIONS:
            continue
        mdata = tissues.load(name)
        spamca.pp.neighbors(mdata)
        arrays, n_domains = arrays_of(mdata, trusts(mdata, None)), tissues.labels_of(mdata)[1]
        out += [(name, arrays, n_domains), (name, arrays, n_domains + MORE)]
    return out


def run(changed: dict[str, float], arrays: dict, n_domains: int, seed: int) -> tuple[float, float]:
    """Objective, and seconds of processor time."""
    with ExitStack() as stack:
        for constant, value in changed.items():
            module, name = constant.split(".")
            stack.enter_context(mock.patch.object(import_module(f"spamca.guide.{module}"), name, value))
        begun = time.process_time()
        found = guide(n_domains=n_domains, random_state=seed, **arrays)
        return found.record["objective"], time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("spamca").setLevel(logging.ERROR)
    found = np.array(
        [
            [[run(changed, arrays, k, seed) for seed in given.seeds] for changed in SEARCHES.values()]
            for _, arrays, k in problems()
        ]
    )
    short = found[..., 0].max(axis=(1, 2), keepdims=True) - found[..., 0]
    rows = []
    for i, name in enumerate(SEARCHES):
        mean, most, near = short[:, i].mean(), short[:, i].max(), (short[:, i] < NEAR).mean()
        seconds = found[:, i, :, 1].sum() / len(given.seeds)
        rows.append([name, f"{mean:.3f}", f"{most:.2f}", f"{near:.2f}", f"{seconds:.0f}"])
    from benchmarks.report import DOCS, markdown, put_between

    header = ["search", "mean shortfall", "largest", f"within {NEAR}", "seconds"]
    print(markdown(rows, header))
    if given.publish:
        put_between(DOCS / "experiments.md", "table of searches", markdown(rows, header))


if __name__ == "__main__":
    main()
