"""The network of a model, from arrays and back, and the tissue as it is given to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spamca import _keys, _records, nn
from spamca.graph import normalize
from spamca.model.parts import settings_of
from spamca.nn.model import SpaMCA
from spamca.nn.settings import Settings
from spamca.nn.sparse import Adjacency
from spamca.tissue import read, stored_corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData

    from spamca.tissue import Tissue


def for_network(tissue: Tissue, scale: Sequence[float]) -> nn.Inputs:
    """Tensors of a tissue, on the CPU, as the network takes them; features of each modality are divided by its scale."""

    def scaled(values: np.ndarray, one: float) -> torch.Tensor:
        # divided in double precision, a part at a time
        return torch.from_numpy(
            np.divide(values, np.float64(one), out=np.empty(values.shape, np.float32), casting="same_kind")
        )

    return nn.Inputs(
        features=tuple(scaled(values, one) for values, one in zip(tissue.features, scale, strict=True)),
        spatial=Adjacency.from_scipy(normalize(tissue.graph)),
        feature_graphs=tuple(Adjacency.from_scipy(normalize(graph)) for graph in tissue.feature_graphs),
        present=None if tissue.present is None else torch.from_numpy(tissue.present),
    )


def weights_of(network: SpaMCA) -> dict[str, np.ndarray]:
    """Parameters and running statistics of a network by their names in PyTorch, as arrays of their own."""
    return {name: values.detach().cpu().numpy().copy() for name, values in network.state_dict().items()}


def n_clusters_of(weights: Mapping[str, np.ndarray]) -> int:
    """Number of clusters of the head of a network; 1 where it has none."""
    return len(weights.get("cluster_head.3.bias", (0,)))


def rebuild(
    settings: Settings, n_features: Sequence[int], n_clusters: int, weights: Mapping[str, np.ndarray]
) -> SpaMCA:
    """A network from what :func:`weights_of` gave, in evaluation mode, on the CPU; the global random state is left as it was.

    ``n_features`` are those of each modality, ``n_clusters`` those of the head. ValueError if the weights do not fit.
    """
    with torch.device("meta"):  # no memory, and nothing is drawn
        network = SpaMCA(list(n_features), n_clusters, settings)
    expected = {name: tuple(values.shape) for name, values in network.state_dict().items()}
    found = {name: np.shape(values) for name, values in weights.items()}
    if found != expected:
        wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        msg = (
            f"weights must be those of a network of {list(n_features)} features and {n_clusters} clusters, but "
            f"{wrong[0]!r} has shape {found.get(wrong[0])} instead of {expected.get(wrong[0])}; call "
            "spamca.tl.integrate(mdata) again"
        )
        raise ValueError(msg)
    # Copies: arrays of a file may not be written to, and torch may.
    state = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
    network.load_state_dict(state, assign=True)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(settings.learnable_token or not name.startswith("tokens."))
    return network.eval()


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, on the CPU, the names of its modalities, and what the features of each were divided by."""

    network: SpaMCA
    names: list[str]
    scale: list[float]


def trained_network(mdata: MuData, key: str = _keys.SPAMCA) -> Trained:
    """The network that :func:`spamca.tl.integrate` left under a name; a KeyError if there is none."""
    record = _records.record_of(mdata, key)
    if "network" not in record:
        msg = f"mdata.uns[{key!r}] holds no trained network; {_records.integrating(mdata, key)}"
        raise KeyError(msg)
    return trained_of(record)


def trained_of(record: Mapping[str, Any]) -> Trained:
    """The same from its record."""
    weights, names = record["network"], [str(name) for name in record["modalities"]]
    n_features = [len(weights[f"tokens.{m}"]) for m in range(len(names))]
    network = rebuild(settings_of(Settings, record["params"]), n_features, n_clusters_of(weights), weights)
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
        tissue = tissue.having(corrected, int(_records.record_of(mdata, key)["random_state"]))
    # of a shard the sizes are not those of the sample that the network was trained on
    scaled = trained.network.settings.scale_features and "shards" not in _records.record_of(mdata, key)
    found = tissue.root_mean_squares() if scaled else trained.scale
    for m, name in enumerate(trained.names):
        same = n_features[m] == len(trained.network.tokens[m])
        if not same or not np.isclose(found[m], trained.scale[m], rtol=1e-5):
            msg = (
                f"the features or the spots of modality {name!r} are no longer those that the network was trained on; call "
                f"spamca.tl.integrate(mdata, key_added={_records.source_of(mdata, key)!r}) again"
            )
            raise ValueError(msg)
    return tissue
