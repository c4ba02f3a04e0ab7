"""The trained network that a MuData carries, and the tissue as the network was given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spamca import _keys
from spamca.model.network import n_clusters_of, rebuild, settings_of
from spamca.tissue import read, stored_corrected

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.nn import SpaMCA
    from spamca.tissue import Tissue


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, on the CPU, the names of its modalities, and what the features of each were divided by."""

    network: SpaMCA
    names: list[str]
    scale: list[float]


def trained_network(mdata: MuData, key: str = _keys.SPAMCA) -> Trained:
    """The network that :func:`spamca.tl.integrate` left under a name; a KeyError if there is none."""
    record = mdata.uns.get(key)
    if not isinstance(record, Mapping) or "network" not in record:
        which = "" if key == _keys.SPAMCA else f", key_added={key!r}"
        msg = (
            f"mdata.uns[{key!r}] holds no trained network; call spamca.tl.integrate(mdata{which}), which keeps it there"
        )
        raise KeyError(msg)
    weights, names = record["network"], [str(name) for name in record["modalities"]]
    n_features = [len(weights[f"tokens.{m}"]) for m in range(len(names))]
    network = rebuild(settings_of(record["params"]), n_features, n_clusters_of(weights), weights)
    return Trained(network, names, [float(record["scale"][name]) for name in names])


def trained_tissue(
    mdata: MuData, trained: Trained, key: str, *, feature_graphs: bool = False, position: bool = False
) -> Tissue:
    """The tissue that a network was trained on, of several sections without batch effects.

    ValueError if its features are no longer those of the training, by their number and, where they were scaled, their size.
    """
    tissue = read(mdata, trained.names, feature_graphs=feature_graphs, position=position)
    n_features = [values.shape[1] for values in tissue.features]
    corrected = stored_corrected(mdata, trained.names, key)
    if corrected is not None:
        tissue = tissue.having(corrected, int(mdata.uns[key]["random_state"]))
    scaled = trained.network.settings.scale_features
    found = tissue.root_mean_squares() if scaled else trained.scale
    for m, name in enumerate(trained.names):
        same = n_features[m] == len(trained.network.tokens[m])
        if not same or not np.isclose(found[m], trained.scale[m], rtol=1e-5):
            msg = (
                f"the features or the spots of modality {name!r} are no longer those that the network was trained on; call "
                f"spamca.tl.integrate(mdata, key_added={key!r}) again"
            )
            raise ValueError(msg)
    return tissue
