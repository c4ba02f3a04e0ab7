"""The report: time, size, and what a browser and axe-core find in it.

    python -m benchmarks.html_report [FILE ...] [--label COLUMN] [--simulated N_SPOTS] [--folder build/html_report]

Each file is a MuData with domains. ``--simulated`` adds tissue of so many spots with 3,000 genes and 60 proteins, whose
domains are found first, which does not count. Bars: no error on the console, no request, no serious or critical finding of
axe-core and nothing wider than the page at 1280 and 390 pixels, light and dark; below 10 MB; under 60 seconds. Pages, screenshots
and ``html_report.json`` lie in the folder. The browser is opened by ``html_report.mjs`` with puppeteer-core and axe-core
(``npm install puppeteer-core axe-core``; ``NODE_MODULES`` names their folder, ``CHROMIUM`` the browser).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).with_suffix(".mjs")
MOST_SECONDS, MOST_MB = 60, 10


def measure(mdata, name: str, folder: Path, label: str | None) -> dict:
    """Write the report of a tissue and open it."""
    import spamca

    path, known = folder / f"{name}.html", label if label in mdata.obs else None
    start = time.perf_counter()
    spamca.report(mdata, path, label_key=known, overwrite=True)
    seconds = time.perf_counter() - start
    done = subprocess.run(["node", str(SCRIPT), str(path), str(folder)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    text = path.read_text(encoding="utf-8")
    return {
        "name": name,
        "spots": mdata.n_obs,
        "seconds": round(seconds, 1),
        "MB": round(path.stat().st_size / 1e6, 2),
        "sections": text.count("<section>"),
        "failed_sections": text.count("This section could not be made"),
        "console_errors": len(found["console_errors"]),
        "requests": len(found["requests"]),
        "broken_images": max(view["broken_images"] for view in found["views"]),
        "overflow": max(view["overflow"] for view in found["views"]),
        "violations": {
            impact: sorted({one for view in found["views"] for one in view["violations"].get(impact, ())})
            for impact in ("critical", "serious", "moderate", "minor")
        },
    }


def passes(row: dict) -> bool:
    clean = not any(
        row[name] for name in ("failed_sections", "console_errors", "requests", "broken_images", "overflow")
    )
    seen = not row["violations"]["critical"] and not row["violations"]["serious"]
    return clean and seen and row["seconds"] < MOST_SECONDS and row["MB"] < MOST_MB


def simulated(n_spots: int):
    import spamca

    mdata = spamca.datasets.simulated(n_spots=n_spots, n_domains=8, n_features={"rna": 3_000, "protein": 60})
    spamca.tl.integrate(mdata, progress_bar=False)
    return mdata


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--label", default="label", help="column of obs with known labels, where a tissue has it")
    parser.add_argument("--simulated", type=int, metavar="N_SPOTS")
    parser.add_argument("--folder", type=Path, default=Path("build/html_report"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    import mudata

    rows = [measure(mudata.read_h5mu(path), path.stem, options.folder, options.label) for path in options.files]
    if options.simulated:
        mdata = simulated(options.simulated)
        rows.append(measure(mdata, f"simulated_{options.simulated}", options.folder, options.label))
    (options.folder / "html_report.json").write_text(json.dumps(rows, indent=2) + "\n")
    for row in rows:
        impacts = ", ".join(f"{len(found)} {impact}" for impact, found in row["violations"].items())
        print(
            f"{row['name']}: {row['spots']:,} spots, {row['seconds']} s, {row['MB']} MB, {row['sections']} sections, "
            f"{row['console_errors']} console errors, {row['requests']} requests, overflow {row['overflow']} px, "
            f"axe: {impacts}: {'passes' if passes(row) else 'FAILS'}"
        )
    sys.exit(not all(map(passes, rows)))


if __name__ == "__main__":
    main()
