"""What domains look like, in a MuData."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spamca import _edge, _keys
from spamca.domains import Emissions, components_of
from spamca.model.parts import emissions_of
from spamca.tl._domains import arrays_of
from spamca.tl._gather import features_of
from spamca.tl._sections import stored_corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData

    from spamca.domains import Block, Domains
    from spamca.tl._gather import Corrected


def find_emissions(
    mdata: MuData, found: Domains | None, corrected: Mapping[str, Corrected] | None = None
) -> Emissions | None:
    """What domains look like or, where none were sought, the tissue as a whole.

    Parameters
    ----------
    mdata
        With the graphs that :func:`spamca.pp.neighbors` writes.
    found
        The domains, if they were sought.
    corrected
        Features without batch effects, by modality, where there are several sections.

    Returns
    -------
    None where neighbours share nothing in any modality.
    """
    if found is None:
        components, hops = components_of(**arrays_of(mdata, None)), (0,)
        assignment = np.ones((mdata.n_obs, 1), dtype=np.float32)
    else:
        components, hops, assignment = found.components, found.hops, found.assignment
        if corrected is not None:
            components = components.having([_without_batch_effects(b, mdata, corrected) for b in components.blocks])
    return Emissions.estimate(components, assignment, hops=hops) if components.blocks else None


def find_spare(mdata: MuData, modalities: Sequence[str], key: str) -> float:
    """What the best split of a domain would still have gained in the training, in nats per spot; 0 where none were sought.

    Parameters
    ----------
    mdata
        Tissue of the training, with its features and the record of :func:`spamca.tl.integrate`.
    modalities
        Names of the modalities, in the order of the training.
    key
        Name of the result.

    Raises
    ------
    KeyError
        If the domains or the spatial graph are gone.
    """
    place, graph = _keys.posterior(key), _keys.connectivities(_keys.SPATIAL)
    if not mdata.uns[key].get("domains"):
        return 0.0
    for holder, name in (("obsm", place), ("obsp", graph)):
        if name not in getattr(mdata, holder):
            msg = (
                f"mdata.{holder}[{name!r}] of the training is not there any more, and a model needs it; "
                f"call spamca.tl.integrate(mdata, key_added={key!r}) again"
            )
            raise KeyError(msg)
    emissions = emissions_of({**mdata.uns[key]["field"], "spare": 0.0})
    corrected = stored_corrected(mdata, key)
    values = {name: features_of(mdata[name]) if corrected is None else corrected[name].values for name in modalities}
    rows = {name: _edge.rows(mdata, name) for name in modalities}
    present = np.column_stack([row >= 0 for row in rows.values()])
    features = [_edge.spread(values[name], rows[name]) for name in modalities]
    components = emissions.components(features, None if present.all() else present, mdata.obsp[graph])
    return emissions.with_spare(components, np.asarray(mdata.obsm[place])).spare


def _without_batch_effects(block: Block, mdata: MuData, corrected: Mapping[str, Corrected]) -> Block:
    name = list(mdata.mod)[block.modality]
    components = block.whitening.components(_edge.spread(corrected[name].values, _edge.rows(mdata, name)))
    return replace(block, values=block.there(components))
