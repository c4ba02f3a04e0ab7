"""Components of a modality without noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spamca.denoise import Restored, held_out, restore
from spamca.model.parts import for_network
from spamca.train import blocks_of, threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spamca.model.parts import Trained
    from spamca.tissue import Tissue


def denoise_tissue(
    tissue: Tissue, trained: Trained, names: Iterable[str], signal: Sequence[np.ndarray], *, random_state: int
) -> Mapping[str, Restored]:
    """Components of the named modalities in all spots, without noise.

    ``signal`` holds the share of signal in each component of each modality of the tissue; the seed is that of which spots are hidden
    together.
    """
    n, given, found = tissue.n_spots, for_network(tissue, trained.scale), {}
    blocks = blocks_of(given.spatial, tissue.position)
    for name in names:
        m = tissue.names.index(name)
        links = tissue.feature_graphs[m] if tissue.feature_graphs else None
        with threads(n if blocks is None else len(blocks[0])):
            seen = held_out(trained.network, given, m, links, blocks=blocks, random_state=random_state)
        others = [
            np.ascontiguousarray((values * w)[:, w > 0]) for values, w in zip(tissue.features, signal, strict=True)
        ]
        del others[m]
        found[name] = restore(tissue.features[m], tissue.has[:, m], [seen, *others], signal[m])
    return found
