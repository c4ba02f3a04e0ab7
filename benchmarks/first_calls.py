"""CPU seconds of the first call of each verb in a fresh process, next to a process that only imports the libraries.

    python -m benchmarks.first_calls [--set NAME] [--spots N] [--processes 5] [--folder build/first_calls] [--publish]

On a tissue of ``SPAMCA_TEST_DATA``, or on simulated tissue of so many spots with genes and proteins. Each process imports mudata and
spamca and reads its tissue, which is not counted; then the call is made twice. ``Model.load`` is called in a process that has imported
spamca only. Seconds are of user and system, all threads, medians over the processes. ``--publish`` writes the table into ``docs``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

VERBS = {
    # verb: tissue it starts from, the call, target of CPU seconds
    "pp.prepare": ("read", "spamca.pp.prepare(mdata)", 2.5),
    "pp.neighbors": ("read", "spamca.pp.neighbors(mdata)", None),
    "tl.integrate": ("graphs", "spamca.tl.integrate(mdata, progress_bar=False)", 5.0),
    "tl.estimate_n_clusters": ("graphs", "spamca.tl.estimate_n_clusters(mdata)", None),
    "metrics.score": ("integrated", "spamca.metrics.score(mdata)", 2.0),
    "tl.denoise": ("integrated", "spamca.tl.denoise(mdata)", None),
    "Model.load": (None, "spamca.Model.load(model)", 1.0),
    "tl.transform": ("read", "spamca.tl.transform(mdata, model)", 5.0),
}
LIBRARIES = (
    "scanpy",
    "squidpy",
    "muon",
    "torch",
    "torch_geometric",
    "lightning",
    "sklearn",
    "matplotlib",
    "pynndescent",
)
READS = "import mudata; mdata = mudata.read_h5mu(tissue)"
PROCESS = """
import json, sys, warnings, resource
warnings.simplefilter("ignore")
tissue, model, libraries = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
import spamca
{reads}
times = []
for _ in range(2):
    begin = cpu()
    {call}
    times.append(cpu() - begin)
print(json.dumps([times, [name for name in libraries if name in sys.modules], "mudata" in sys.modules]))
"""
IMPORTS = """
import importlib, json, sys, warnings, resource
tissue = sys.argv[1]
warnings.simplefilter("ignore")
{reads}
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
begin = cpu()
for name in filter(None, sys.argv[3].split(",")):
    importlib.import_module(name)
print(json.dumps(cpu() - begin))
"""
MARKER = "table of first calls"


def tissue_of(name: str | None, n_spots: int):
    """The tissue of a set, or a simulated one."""
    if name is None:
        import spamca

        return spamca.datasets.simulated(n_spots=n_spots)
    import mudata

    return mudata.read_h5mu(Path(os.environ["SPAMCA_TEST_DATA"]) / "data" / f"{name}.h5mu")


def make(folder: Path, name: str | None, n_spots: int) -> None:
    """Write the tissue at each stage, and the model."""
    import spamca

    mdata = tissue_of(name, n_spots)
    mdata.write_h5mu(folder / "read.h5mu")
    spamca.pp.neighbors(mdata)
    mdata.write_h5mu(folder / "graphs.h5mu")
    spamca.tl.integrate(mdata, progress_bar=False)
    mdata.write_h5mu(folder / "integrated.h5mu")
    (folder / "model.safetensors").unlink(missing_ok=True)
    spamca.Model.from_mudata(mdata).save(folder / "model.safetensors")


def run(code: str, folder: Path, stage: str | None, libraries: list[str] | tuple[str, ...]):
    """What a process prints."""
    arguments = [str(folder / f"{stage}.h5mu"), str(folder / "model.safetensors"), ",".join(libraries)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(folder: Path, verb: str, n_processes: int) -> dict:
    """Medians of the first and second call of a verb, and of the imports of what it has loaded."""
    stage, call, target = VERBS[verb]
    reads = READS if stage else ""
    found = [run(PROCESS.format(reads=reads, call=call), folder, stage, LIBRARIES) for _ in range(n_processes)]
    loaded = [*([] if stage or not found[0][2] else ["mudata"]), *found[0][1]]
    imports = [run(IMPORTS.format(reads=reads), folder, stage, loaded) for _ in range(n_processes)]
    first, second = (median(times[i] for times, *_ in found) for i in range(2))
    return {
        "verb": verb,
        "first": first,
        "second": second,
        "imports": median(imports),
        "loaded": loaded,
        "target": target,
    }


def table(rows: list[dict]) -> str:
    """Markdown."""
    lines = [
        "| call | first, seconds | target | imports alone | second | libraries it loads |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        target = "" if row["target"] is None else f"{row['target']:g}"
        loaded = ", ".join(row["loaded"]) or "none"
        numbers = f"{row['first']:.1f} | {target} | {row['imports']:.1f} | {row['second']:.2f}"
        lines.append(f"| `{row['verb']}` | {numbers} | {loaded} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set")
    parser.add_argument("--spots", type=int, default=1296)
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=list(VERBS))
    parser.add_argument("--folder", type=Path, default=Path("build/first_calls"))
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    make(given.folder, given.set, given.spots)
    rows = [measure(given.folder, verb, given.processes) for verb in given.verbs]
    what = f"`{given.set}`" if given.set else f"Simulated tissue of {given.spots:,} spots"
    text = f"{what}, medians of {given.processes} processes:\n\n{table(rows)}"
    print(text)
    if given.publish:
        from benchmarks.report import put_between

        put_between(Path("docs/performance.md"), MARKER, text)


if __name__ == "__main__":
    main()
