"""What a tool runs first where the caller did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from mudata import MuData


def run_neighbors_where_missing(mdata: MuData, random_state: int, caller: str) -> None:
    """Run :func:`spamca.pp.neighbors` where it was not run, and say so in the name of the tool that needs it.

    Raises
    ------
    ValueError
        If some graphs are there and others are not.
    """
    from spamca.pp import neighbors

    joint = _keys.connectivities(_keys.SPATIAL) in mdata.obsp
    lacking = [name for name, modality in mdata.mod.items() if _keys.FEATURE_NEIGHBORS not in modality.uns]
    if joint and not lacking:
        return
    if len(lacking) < len(mdata.mod):
        where = f"modalities {lacking}" if lacking else "mdata.obsp['spatial_connectivities']"
        msg = f"graphs are there for a part of the tissue only, not for {where}; call spamca.pp.neighbors(mdata) again"
        raise ValueError(msg)
    logger.info("%s: no feature graphs found, running spamca.pp.neighbors(mdata)", caller)
    neighbors(mdata, random_state=random_state)
