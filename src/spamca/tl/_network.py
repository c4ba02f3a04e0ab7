"""The trained network that a MuData carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spamca import _keys
from spamca.model.network import n_clusters_of, rebuild, settings_of

if TYPE_CHECKING:
    from mudata import MuData

    from spamca.nn import SpaMCA


@dataclass(frozen=True)
class Trained:
    """A network and what its features are.

    Parameters
    ----------
    network
        The network, in evaluation mode, on the CPU.
    modalities
        Names of the modalities, in the order of the network.
    scale
        What the features of each were divided by.
    """

    network: SpaMCA
    modalities: list[str]
    scale: list[float]


def network_of(mdata: MuData, key_added: str = _keys.SPAMCA) -> Trained:
    """The network that :func:`spamca.tl.integrate` left under a name.

    Raises
    ------
    KeyError
        If there is none.
    """
    record = mdata.uns.get(key_added)
    if not isinstance(record, Mapping) or "network" not in record:
        which = "" if key_added == _keys.SPAMCA else f", key_added={key_added!r}"
        msg = f"mdata.uns[{key_added!r}] holds no trained network; call spamca.tl.integrate(mdata{which}), which keeps it there"
        raise KeyError(msg)
    weights, modalities = record["network"], [str(name) for name in record["modalities"]]
    n_features = [len(weights[f"tokens.{m}"]) for m in range(len(modalities))]
    network = rebuild(settings_of(record["params"]), n_features, n_clusters_of(weights), weights)
    return Trained(network, modalities, [float(record["scale"][name]) for name in modalities])
