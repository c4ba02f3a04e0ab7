"""Measure what each key of an integrated tissue takes in a file.

    python -m benchmarks.file_size [tissue] [--least 50000]

Real tissue is looked for in the folder ``data`` of ``$SPAMCA_TEST_DATA``. Printed are bytes by key, as they lie in an ``.h5mu`` file that is
not compressed, and the sizes of the file before and after, without and with ``compression="gzip"``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import warnings
from collections import Counter
from pathlib import Path

warnings.filterwarnings("ignore")

DATA = Path(os.environ.get("SPAMCA_TEST_DATA", ".")) / "data"


def bytes_by_key(path):
    """Bytes of the arrays under each key of a file."""
    import h5py

    found = Counter()

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            parts = name.split("/")
            depth = 4 if parts[0] == "mod" else 3 if parts[:2] == ["uns", "spamca"] else 2
            found["/".join(parts[:depth])] += item.id.get_storage_size()

    with h5py.File(path) as file:
        file.visititems(add)
    return found


def sizes(mdata, folder):
    """Bytes of a file without and with compression, and by key in the first."""
    plain, packed = folder / "plain.h5mu", folder / "packed.h5mu"
    mdata.write_h5mu(plain)
    mdata.write_h5mu(packed, compression="gzip")
    return plain.stat().st_size, packed.stat().st_size, bytes_by_key(plain)


def main():
    import mudata

    import spamca

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("tissue", nargs="?", default="hln_a1_panel_split")
    parser.add_argument("--least", type=int, default=50_000, help="keys of fewer bytes are summed")
    given = parser.parse_args()
    mdata = mudata.read_h5mu(DATA / f"{given.tissue}.h5mu")
    with tempfile.TemporaryDirectory() as folder:
        before = sizes(mdata, Path(folder))
        spamca.pp.neighbors(mdata)
        spamca.tl.integrate(mdata, progress_bar=False)
        after = sizes(mdata, Path(folder))
    for what, one in {"before": before, "after": after}.items():
        print(f"{what}: {one[0]:,} bytes, {one[1]:,} with gzip")
    shown = {key: size for key, size in after[2].most_common() if size >= given.least}
    for key, size in shown.items():
        print(f"{size:>10,}  {key}")
    print(f"{sum(after[2].values()) - sum(shown.values()):>10,}  all others")


if __name__ == "__main__":
    main()
