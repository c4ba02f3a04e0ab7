"""What the domains of the guide look like, in a MuData."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.guide.blocks import masks, whitened_blocks
from spamca.guide.emissions import Emissions
from spamca.guide.noise import Whitening
from spamca.guide.relaxation import Gaussians
from spamca.tl._guide import arrays_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata import MuData

    from spamca.guide import Guide


def find_emissions(mdata: MuData, trust: Mapping[str, float], guide: Guide | None) -> Emissions | None:
    """What the domains of a guide look like or, without one, the tissue as a whole.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    trust
        How far each modality is trusted, by name.
    guide
        The guide, if there is one.

    Returns
    -------
    None where neighbours share nothing in any modality.
    """
    if guide is not None:
        blocks, assignment = guide.blocks, guide.assignment
    else:
        given = arrays_of(mdata, trust)
        has = masks(given["present"], len(given["features"]))
        blocks = whitened_blocks(given["features"], given["adjacency"], given["weights"], has)
        assignment = np.ones((mdata.n_obs, 1), dtype=np.float32)
    return Emissions.estimate(blocks, assignment) if blocks else None


def stored_emissions(emissions: Emissions) -> dict[str, Any]:
    """What is stored of them: numbers and arrays, those of a block under the number of its modality."""
    parts = zip(emissions.modalities, emissions.weights, emissions.whitenings, emissions.gaussians, strict=True)
    return {
        "coherence": emissions.coherence,
        "reach": dict(emissions.reach),
        "blocks": {
            str(m): {
                "weight": weight,
                "mean": whitening.mean,
                "axes": whitening.axes,
                "means": gaussians.means,
                "covariances": gaussians.covariances,
            }
            for m, weight, whitening, gaussians in parts
        },
    }


def emissions_of(stored: Mapping[str, Any]) -> Emissions:
    """The inverse of :func:`stored_emissions`."""
    blocks = {int(m): block for m, block in stored["blocks"].items()}
    chosen = sorted(blocks)
    return Emissions(
        tuple(chosen),
        tuple(float(blocks[m]["weight"]) for m in chosen),
        tuple(Whitening(np.asarray(blocks[m]["mean"]), np.asarray(blocks[m]["axes"])) for m in chosen),
        tuple(Gaussians(np.asarray(blocks[m]["means"]), np.asarray(blocks[m]["covariances"])) for m in chosen),
        float(stored["coherence"]),
        {name: float(value) for name, value in stored["reach"].items()},
    )
