"""The three lines of the readme, with the spamca of an installed wheel and not that of the repository: ``make build`` runs it."""

from __future__ import annotations

from pathlib import Path

import spamca

HERE = Path(__file__).resolve().parents[1]

found = Path(spamca.__file__).resolve()
if found.is_relative_to(HERE / "src"):
    raise SystemExit(f"{found} is the source and not the wheel")
mdata = spamca.datasets.simulated(n_spots=400, random_state=0)
spamca.pp.neighbors(mdata)
spamca.tl.integrate(mdata)
spamca.pl.spatial_clusters(mdata, save="domains.png")
print(f"{found}: {len(mdata.obs['spamca'].cat.categories)} domains")
