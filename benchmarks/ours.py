"""What the scripts of the bars share: spamca as a user runs it, results kept as long as the code is the same, one table."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pandas as pd
from benchmarks import fingerprint, tissues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mudata import MuData


def run(
    mdata: MuData,
    n_clusters: int | None,
    seed: int = 0,
    *,
    prepare: Mapping[str, Any] | None = None,
    graph: Mapping[str, Any] | None = None,
) -> pd.Series:
    """Prepare, integrate, and give the domains.

    Parameters
    ----------
    mdata
        Tissue, which is changed.
    n_clusters
        Number of domains, or None to have it estimated.
    seed
        Seed of everything.
    prepare, graph
        Arguments of ``spamca.pp.prepare``, which is left to ``neighbors`` where there are none, and of ``spamca.pp.neighbors``.

    Returns
    -------
    Domain of each spot, as strings by the names of the spots.
    """
    import spamca

    if prepare:
        spamca.pp.prepare(mdata, **prepare)
    spamca.pp.neighbors(mdata, **(graph or {}))
    spamca.tl.integrate(mdata, n_clusters=n_clusters, random_state=seed, progress_bar=False)
    if "spamca" not in mdata.obs:
        spamca.tl.cluster(mdata, random_state=seed)
    return mdata.obs["spamca"].astype(str)


def posterior_of(mdata: MuData) -> np.ndarray:
    """Probabilities of the domains, shape (n_spots, n_domains)."""
    return np.asarray(mdata.obsm["spamca_posterior"], dtype=np.float64)


def weights_of(mdata: MuData) -> pd.DataFrame:
    """Weight of each modality in each spot, shape (n_spots, n_modalities)."""
    return pd.DataFrame({name: mdata.obs[f"{name}:spamca_weight"].astype(float) for name in mdata.mod})


def features_of(mdata: MuData) -> dict[str, np.ndarray]:
    """Features that spamca prepared, by modality; spots that lack it hold zeros."""
    found = {}
    for name, modality in mdata.mod.items():
        values = np.asarray(modality.obsm[modality.uns["spamca"]["use_rep"]], dtype=np.float64)
        found[name] = np.zeros((mdata.n_obs, values.shape[1]))
        found[name][mdata.obs_names.get_indexer(modality.obs_names)] = values
    return found


def truth_of(mdata: MuData) -> tuple[pd.Series, int]:
    """Labels by the names of the spots, empty where there is none, and their number."""
    labels, n_clusters = tissues.labels_of(mdata)
    return pd.Series(labels, mdata.obs_names), n_clusters


def ari(one: np.ndarray | pd.Series, other: np.ndarray | pd.Series) -> float:
    """Adjusted Rand index over the spots that both label; series are matched by the names of the spots."""
    from sklearn.metrics import adjusted_rand_score

    if isinstance(one, pd.Series) and isinstance(other, pd.Series):
        one, other = one.align(other, join="inner")
    one, other = np.asarray(one), np.asarray(other)
    known = (one != "") & (other != "")
    return float(adjusted_rand_score(one[known], other[known]))


def matched(one: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """For each of ``n`` groups of ``one`` the group of ``other`` that it shares most spots with, one to one (Hungarian)."""
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((n, n))
    np.add.at(table, (one, other), 1)
    return linear_sum_assignment(-table)[1]


def kept(script: str, name: str, options: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` gives, read from ``build/bars`` where the same code of spamca and of the script gave it before."""
    import spamca

    code = [*sorted(Path(spamca.__file__).parent.rglob("*.py")), Path(script), Path(__file__)]
    key = sha256(f"{fingerprint.of_files(*code)}{options}".encode()).hexdigest()[:12]
    path = Path("build/bars") / Path(script).stem / f"{name}-{key}.json"
    if not path.exists():
        found = json.dumps(make())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found)
    print(f"{name}: {path}", file=sys.stderr, flush=True)
    return json.loads(path.read_text())


def parser(doc: str, sets: Iterable[str]) -> argparse.ArgumentParser:
    """Parser of a script's arguments with ``--sets``."""
    import spamca  # which sets the level of its logger

    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--sets", nargs="+", default=list(sets), help="default: all")
    warnings.simplefilter("ignore")
    logging.getLogger(spamca.__name__).setLevel(logging.ERROR)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return made


def table(heads: list[str], rows: Iterable[Iterable[Any]]) -> str:
    """Markdown; numbers that are not whole have three digits, NaN is a dash."""
    lines = [heads, ["---"] * len(heads), *([_text(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value: Any) -> str:
    if not isinstance(value, float | np.floating):
        return str(value)
    return "-" if np.isnan(value) else f"{value:.3f}"
