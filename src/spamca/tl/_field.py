"""What the domains of the guide look like, in a MuData."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys
from spamca.guide.blocks import masks, whitened_blocks
from spamca.guide.emissions import Emissions
from spamca.tl._guide import arrays_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

    from spamca.guide import Guide
    from spamca.guide.blocks import Block
    from spamca.tl._sections import Corrected


def find_emissions(
    mdata: MuData,
    trust: Mapping[str, float],
    guide: Guide | None,
    corrected: Mapping[str, Corrected] | None = None,
) -> Emissions | None:
    """What the domains of a guide look like or, without one, the tissue as a whole.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    trust
        How far each modality is trusted, by name.
    guide
        The guide, if there is one.
    corrected
        Features without batch effects, by modality, where there are several sections.

    Returns
    -------
    None where neighbours share nothing in any modality.
    """
    if guide is not None:
        blocks, assignment = guide.blocks, guide.assignment
        if corrected is not None:
            blocks = [_without_batch_effects(block, mdata, corrected) for block in blocks]
    else:
        given = arrays_of(mdata, trust)
        has = masks(given["present"], len(given["features"]))
        blocks = whitened_blocks(given["features"], given["adjacency"], given["weights"], has)
        assignment = np.ones((mdata.n_obs, 1), dtype=np.float32)
    adjacency = mdata.obsp[_keys.connectivities(_keys.SPATIAL)]
    return Emissions.estimate(blocks, assignment, adjacency) if blocks else None


def _without_batch_effects(block: Block, mdata: MuData, corrected: Mapping[str, Corrected]) -> Block:
    name = list(mdata.mod)[block.modality]
    components = block.whitening.components(_edge.spread(corrected[name].values, _edge.rows(mdata, name)))
    if block.present is not None:
        components[~block.present] = 0
    return replace(block, values=components)
