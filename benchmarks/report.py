"""The report: ``runs.csv``, ``summary.csv``, ``benchmark.md`` and ``benchmark.png`` next to the results, and in ``docs``.

Shown are the results that lie in the folder and, where it has none, those that were published earlier; nothing is run.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from benchmarks import collect, noise_report, tissues
from benchmarks.collect import BEST_SINGLE, methods_in_order
from benchmarks.methods import METHODS
from benchmarks.readout import READOUTS
from benchmarks.tissue import facts

if TYPE_CHECKING:
    import pandas as pd

DOCS = Path(__file__).parents[1] / "docs"
OURS = "spamca"
N_SEEDS = 5
NOT_RIVALS = (OURS,)
HEADINGS = {
    "likelihood": "Read out the same way: mixture of one shared covariance, highest likelihood",
    "coherence": "Read out the same way: the same mixture, the most coherent of nearly the highest likelihood",
    "mclust": "Read out the same way: R's mclust, model EEE",
    "own": "Each method's own read-out",
}


def markdown(rows: list[list[str]], heads: list[str]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(row: pd.Series) -> str:
    """Mean of the ARI, its spread where seeds are several, and their number where it is less than the benchmark's."""
    if np.isnan(row["ARI"]):
        return ""
    few = "" if row["seeds"] >= N_SEEDS else f" ({row['seeds']:.0f} seeds)"
    return f"{row['ARI']:.3f}" + (f" ± {row['ARI sd']:.3f}{few}" if row["seeds"] > 1 else "")


def sets_of(found: pd.DataFrame, *, labelled: bool) -> list[str]:
    has = found.groupby("set")["ARI"].apply(lambda values: values.notna().any())
    order = [name for name in tissues.names() if name in has.index]
    return [name for name in order if bool(has[name]) == labelled]


def accuracy(found: pd.DataFrame, readout: str) -> str:
    """Mean ARI and its spread over seeds, methods by sets; the best rival of each set; the mean of measured tissue.

    Methods that want more modalities than a set has, or more time than there is, were not run on it.
    """
    here = found[found["readout"] == readout].set_index(["method", "set"])
    sets, methods = sets_of(found, labelled=True), methods_in_order(found[found["readout"] == readout])
    rows, means = [], {}
    for method in methods:
        values = [here.loc[(method, name)] if (method, name) in here.index else None for name in sets]
        cells = ["not run" if value is None else cell(value) for value in values]
        known = {name: value["ARI"] for name, value in zip(sets, values, strict=True) if value is not None}
        means[method] = known
        rows.append([method, *cells, _mean(known)])
    rivals = {method: known for method, known in means.items() if method not in NOT_RIVALS}
    rows.append(["**best rival**", *(_best(rivals, [name]) for name in sets), _best(rivals, list(tissues.MEASURED))])
    return markdown(rows, ["method", *sets, "mean of measured tissue"])


def _mean(known: dict[str, float]) -> str:
    if not set(tissues.MEASURED) <= set(known):
        return ""
    return f"{np.mean([known[name] for name in tissues.MEASURED]):.3f}"


def _best(rivals: dict[str, dict[str, float]], sets: list[str]) -> str:
    scores = {
        method: np.mean([known[name] for name in sets])
        for method, known in rivals.items()
        if set(sets) <= set(known) and (len(sets) == 1 or not method.startswith(BEST_SINGLE))
    }
    if not scores:
        return ""
    best = max(scores, key=scores.get)
    return f"{scores[best]:.3f} {best}"


def measures(found: pd.DataFrame, sets: list[str], columns: list[str], readout: str) -> str:
    """Means over ``sets`` of several measures, a row a method; only methods that have all sets."""
    here = found[(found["readout"] == readout) & found["set"].isin(sets)]
    rows = []
    for method in methods_in_order(here):
        mine = here[here["method"] == method]
        if len(mine) == len(sets):
            means = mine[columns].mean()
            rows.append([method, *("" if np.isnan(means[name]) else f"{means[name]:.3f}" for name in columns)])
    return markdown(rows, ["method", *columns])


def costs(found: pd.DataFrame) -> str:
    """Seconds of one fit and peak memory above the libraries' own, of the sets with most spots of each kind."""
    here = found[found["readout"] == "likelihood"].set_index(["method", "set"])
    sets = [name for name in tissues.names() if name in set(found["set"])]
    rows = []
    for method in methods_in_order(found):
        values = [here.loc[(method, name)] if (method, name) in here.index else None for name in sets]
        rows.append([method, *("" if v is None else f"{v['seconds']:.1f} s, {v['peak MiB']:,.0f} MiB" for v in values)])
    return markdown(rows, ["method", *sets])


def failures(table: pd.DataFrame) -> str:
    """What failed, was not run, or needs a word."""
    clean = table[table["noise"] == ""]
    lines = []
    for (method, status, message), rows in clean[clean["status"] != "ok"].groupby(["method", "status", "message"]):
        where = ", ".join(dict.fromkeys(rows["set"]))
        readout = f" (read-out {', '.join(sorted(set(rows['readout'])))})" if rows["readout"].any() else ""
        lines.append(f"- {method}{readout}: {status}. {message} ({where})")
    noted = (
        clean[clean["note"] != ""].groupby(["method", "note"])["set"].agg(lambda sets: ", ".join(dict.fromkeys(sets)))
    )
    lines += [f"- {method}: {note} ({where})" for (method, note), where in noted.items()]
    return "\n".join(lines)


def too_few(folder: Path) -> str:
    """Methods that want several modalities, and the sets that have one."""
    kinds = {name: facts(folder / "tissues" / f"{name}.npz").get("kinds", {}) for name in tissues.names()}
    sets = ", ".join(name for name, found in kinds.items() if len(found) == 1)
    methods = ", ".join(name for name, method in METHODS.items() if method.fewest > 1)
    return f"- {methods}: not run on tissue of one modality ({sets})" if sets else ""


def stale(folder: Path, table: pd.DataFrame) -> str:
    """Results of other code, features or versions than there are now."""
    pairs = table.loc[table["noise"] == "", ["method", "set"]].drop_duplicates()
    old = pairs[np.array([collect.is_stale(folder, row.set, row.method) for row in pairs.itertuples()], dtype=bool)]
    grouped = old.groupby("method", sort=False)["set"].agg(", ".join)
    return "\n".join(
        f"- {method}: not run again since its code or features changed ({sets})" for method, sets in grouped.items()
    )


def text(folder: Path, table: pd.DataFrame, found: pd.DataFrame) -> str:
    """The Markdown of everything but the noise."""
    clean = collect.with_best_single(found[found["noise"] == ""])
    parts = [f"### {heading}\n\n{accuracy(clean, name)}" for name, heading in HEADINGS.items()]
    labelled, unlabelled = sets_of(clean, labelled=True), sets_of(clean, labelled=False)
    every = [*collect.AGREEMENT, *collect.COHERENCE, "agreement of seeds"]
    title = "All measures, means of the sets with labels (read-out: {})"
    parts += [f"### {title.format(name)}\n\n{measures(clean, labelled, every, name)}" for name in READOUTS]
    for name in unlabelled:
        columns = [*collect.COHERENCE, "agreement of seeds"]
        tables = [f"Read-out: {readout}\n\n{measures(clean, [name], columns, readout)}" for readout in READOUTS]
        parts.append(f"### {name}: no labels\n\n" + "\n\n".join(tables))
    parts.append(f"### Time and memory of one fit\n\n{costs(clean)}")
    remarks = "\n".join(filter(None, (failures(table), too_few(folder), stale(folder, table))))
    return "\n\n".join([*parts, f"### Remarks\n\n{remarks}"] if remarks else parts)


def put_between(path: Path, marker: str, content: str) -> None:
    """Replace what stands between ``<!-- marker -->`` and ``<!-- end of marker -->``."""
    begin, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    before = path.read_text()
    path.write_text(pattern.sub(lambda _: f"{begin}\n\n{content}\n\n{end}", before))


def main(folder: Path, *, publish: bool = False) -> None:
    """Write the report; with ``publish`` into ``docs`` as well."""
    from benchmarks import figure

    table = collect.runs(folder)
    published = DOCS / "_static" / "benchmark.csv"
    found = collect.with_published(collect.summary(folder, table), published)
    if found.empty:
        print(f"no results in {folder} yet")
        return
    table.to_csv(folder / "runs.csv", index=False, float_format="%.5g")
    found.to_csv(folder / "summary.csv", index=False, float_format="%.5g")
    parts = {"benchmark": text(folder, table, found), "noise": noise_report.text(found)}
    (folder / "benchmark.md").write_text("\n\n".join(filter(None, parts.values())) + "\n")
    figure.draw(found, folder / "benchmark.png")
    drawn = noise_report.draw(found, folder / "noise.png")
    if publish:
        for name, content in parts.items():
            put_between(DOCS / "benchmark.md", f"table of {name}", content)
        for name in ("benchmark.png", "summary.csv", *(["noise.png"] if drawn else [])):
            shown = {"summary.csv": "benchmark.csv", "noise.png": "benchmark_noise.png"}.get(name, name)
            shutil.copyfile(folder / name, DOCS / "_static" / shown)
    print(f"written: {folder / 'benchmark.md'}, runs.csv, summary.csv, benchmark.png")
