"""What a tool runs first where the caller did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def run_neighbors_where_missing(mdata: MuData, random_state: int, caller: str, *, feature_graphs: bool = False) -> None:
    """Run :func:`spamca.pp.neighbors` where it was not run, and log that in the name of the tool that needs it.

    Parameters
    ----------
    mdata
        The tissue.
    random_state
        Seed.
    caller
        Who asks.
    feature_graphs
        Whether feature graphs are needed too; only those are built where the rest is there.

    Raises
    ------
    ValueError
        If the spatial graph is there and features of some modalities are not.
    """
    from spamca.pp import neighbors
    from spamca.pp._feature_graphs import add_feature_graphs, has_feature_graph

    joint = _keys.connectivities(_keys.SPATIAL) in mdata.obsp
    lacking = [name for name, modality in mdata.mod.items() if not _has_features(modality)]
    if joint and lacking and len(lacking) < len(mdata.mod):
        msg = f"modalities {lacking} have no features, and others have; call spamca.pp.neighbors(mdata) again"
        raise ValueError(msg)
    if not joint or lacking:
        logger.info("%s: no graphs found, running spamca.pp.neighbors(mdata)", caller)
        neighbors(mdata, feature_graphs=feature_graphs, random_state=random_state)
    elif feature_graphs and not all(has_feature_graph(modality) for modality in mdata.mod.values()):
        logger.info("%s: building the feature graphs that the network looks at", caller)
        add_feature_graphs(mdata, random_state)


def _has_features(modality: AnnData) -> bool:
    return modality.uns.get(_keys.MODALITY_RECORD, {}).get("use_rep") in modality.obsm
