"""A MuData from its modalities, ready for :func:`spamca.pp.neighbors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData


def assemble(mod: dict[str, AnnData], verb: str) -> MuData:
    """Build a MuData with feature names told apart, coordinates, and the image of the tissue.

    Parameters
    ----------
    mod
        Modalities by name, the caller's own: their features may be renamed.
    verb
        What the log calls the caller.

    Returns
    -------
    The MuData, which holds the modalities and not copies.
    """
    from mudata import MuData

    _tell_features_apart(mod, verb)
    with _edge.without_pull():
        mdata = MuData(mod)
    try:
        mdata.obsm[_keys.SPATIAL] = _checks.check_coordinates(mdata)
    except KeyError:
        logger.info("%s: no coordinates; set mdata.obsm['spatial'] before spamca.pp.neighbors(mdata)", verb)
    except ValueError as error:
        logger.warning("%s: no coordinates in common: %s", verb, error)
    for modality in mod.values():
        if _keys.SPATIAL in modality.uns:
            mdata.uns[_keys.SPATIAL] = modality.uns[_keys.SPATIAL]
            break
    return mdata


def _tell_features_apart(mod: dict[str, AnnData], verb: str) -> None:
    """Give each feature a name of its own: MuData does not work well otherwise, and antibodies often bear names of genes."""
    seen = pd.Index([])
    for name, modality in mod.items():
        if not modality.var_names.is_unique:
            twice = modality.var_names[modality.var_names.duplicated()]
            logger.info("%s: %d features of %r bear a name twice, e.g. %r; numbered", verb, len(twice), name, twice[0])
            modality.var_names_make_unique()
        clash = modality.var_names.isin(seen)
        if clash.any():
            old = modality.var_names
            modality.var_names = old.where(~clash, _keys.pulled(name, "") + old)
            logger.info(
                "%s: %d features of %r are called as others before; %r is now %r, and so on",
                verb,
                clash.sum(),
                name,
                old[clash][0],
                modality.var_names[clash][0],
            )
        seen = seen.append(modality.var_names)
