"""Time and memory of each stage of ``spamca run`` on counts in a file.

    python -m benchmarks.counts [--spots 2000000] [--features 500]

Counts of one modality of eight domains on a square grid, about a tenth of them not zero, are drawn into a ``.h5mu`` in a temporary folder;
memory is what the record of the run says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

N_DOMAINS, ROWS = 8, 50_000


def draw(path: Path, n_spots: int, n_features: int) -> None:
    """Write the tissue."""
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData
    from scipy import sparse

    from spamca.datasets._tissue import LAYOUTS, draw_domains

    rng = np.random.default_rng(0)
    spatial = LAYOUTS["grid"](n_spots, rng)
    domain = draw_domains(spatial, N_DOMAINS, "blobs", np.random.default_rng(1))
    mean = rng.gamma(0.5, 0.2, size=(N_DOMAINS, n_features))
    parts = (rng.poisson(mean[domain[begin : begin + ROWS]]) for begin in range(0, n_spots, ROWS))
    X = sparse.vstack([sparse.csr_matrix(part.astype(np.float32)) for part in parts], format="csr")
    names = (
        pd.DataFrame(index=[f"{what}{i}" for i in range(n)]) for what, n in zip(("spot", "gene"), X.shape, strict=True)
    )
    mdata = MuData({"rna": AnnData(X, *names, obsm={"spatial": spatial})})
    mdata.obs["label"] = pd.Categorical(domain.astype(str))
    mdata.write_h5mu(path)
    print(
        f"{X.shape[0]:,} x {X.shape[1]:,}, {100 * X.nnz / np.prod(X.shape):.1f} % not zero, {path.stat().st_size / 2**30:.2f} GiB"
    )


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spots", type=int, default=2_000_000)
    parser.add_argument("--features", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "counts.h5mu"), Path(folder, "domains.h5mu")
        draw(source, given.spots, given.features)
        command = [sys.executable, "-W", "ignore", "-m", "spamca", "run", source, "--n-clusters", str(N_DOMAINS)]
        subprocess.run([*command, "-o", output], check=True, capture_output=True)
        for stage in json.loads(Path(f"{output}.json").read_text())["stages"]:
            print(f"| {stage['stage']} | {stage['seconds']:.1f} | {stage['peak_memory_bytes'] / 2**30:.2f} |")
        import mudata
        from sklearn.metrics import adjusted_rand_score

        obs = mudata.read_h5mu(output, backed=True).obs
        print(f"ARI {adjusted_rand_score(obs['label'], obs['spamca']):.3f}")


if __name__ == "__main__":
    main()
