"""One run, in a process of its own: one method, one tissue, one seed.

    python -m benchmarks.one METHOD TISSUE.npz SEED FOLDER

Writes ``embedding.npz`` and ``fit.json`` (seconds, peak memory above the libraries' own, versions) into FOLDER.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from benchmarks.methods import method_of
from benchmarks.tissue import read_tissue


def peak() -> int:
    """Highest resident memory of this process so far, in bytes; 0 where the system does not report it."""
    # Not getrusage: its mark is inherited from the process that starts this one.
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 if status.exists() else 0


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def main(name: str, tissue_path: str, seed: str, folder: str) -> None:
    warnings.simplefilter("ignore")
    os.environ["BENCHMARK_TISSUE"] = tissue_path
    method, tissue, out = method_of(name), read_tissue(Path(tissue_path)), Path(folder)
    module = importlib.import_module(f"benchmarks.methods.{method.module}")
    before, begun = peak(), time.perf_counter()
    found = module.fit(tissue, int(seed), **method.options)
    seconds, memory = time.perf_counter() - begun, peak() - before
    embedding = np.asarray(found.embedding, dtype=np.float32)
    if not np.isfinite(embedding).all():
        sys.exit("the embedding is not finite")
    arrays = {"embedding": embedding}
    if found.labels is not None:
        arrays["labels"] = np.unique(found.labels, return_inverse=True)[1].astype(np.int32)
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / ".embedding.npz", **arrays)
    (out / ".embedding.npz").replace(out / "embedding.npz")
    record = {"seconds": seconds, "peak_bytes": memory, "note": found.note, "versions": versions(method.packages)}
    (out / "fit.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
