"""Parts of a model as arrays, and back; a tissue as it is given to the network."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from spamca import _keys, _records, nn
from spamca.cluster.readout import Readout
from spamca.cluster.reduction import Affine
from spamca.domains import DEFAULTS, DomainSettings, Emissions, Gaussians, Whitening
from spamca.graph import normalize
from spamca.nn import Settings, SpaMCA
from spamca.nn.sparse import Adjacency
from spamca.tissue import plain, read, stored_corrected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata import MuData

    from spamca.tissue import Tissue


S = TypeVar("S", Settings, DomainSettings)

PACKAGES = ("spamca", "torch", "lightning", "torch-geometric", "anndata", "mudata", "scanpy", "numpy")
"""Packages whose versions are kept with the result."""


def versions() -> dict[str, str]:
    """Versions of Python and of :data:`PACKAGES`."""
    return {"python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES}


def for_network(tissue: Tissue, scale: Sequence[float]) -> nn.Inputs:
    """Tensors of a tissue, on the CPU, as the network takes them; features of each modality are divided by its scale."""
    # in double precision
    features = (values / np.float64(one) for values, one in zip(tissue.features, scale, strict=True))
    return nn.Inputs(
        features=tuple(torch.from_numpy(values.astype(np.float32, copy=False)) for values in features),
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


def stored_settings(settings: Settings, search: DomainSettings) -> dict[str, Any]:
    """Settings as files keep them: all of the network, and those of the search for domains that differ from the defaults."""
    usual = asdict(DEFAULTS)
    values = asdict(settings) | {name: value for name, value in asdict(search).items() if value != usual[name]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def settings_of(kind: type[S], record: Mapping[str, Any]) -> S:
    """Settings of the network, or of the search for domains, from what files give back; other entries of the record are left out."""
    return kind(**{one.name: plain(record[one.name]) for one in fields(kind) if one.name in record})


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
    scaled = trained.network.settings.scale_features
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


def stored_emissions(emissions: Emissions) -> dict[str, Any]:
    """Numbers and arrays of what domains look like, those of a block under the number of its modality."""
    blocks = {}
    for b, m in enumerate(emissions.modalities):
        whitening, gaussians = emissions.whitenings[b], emissions.gaussians[b]
        block = {"weight": emissions.weights[b], "mean": whitening.mean, "axes": whitening.axes}
        block |= {"means": gaussians.means, "covariances": gaussians.covariances, "sizes": emissions.sizes[b]}
        blocks[str(m)] = block
    field = {"hops": list(emissions.hops), "coherence": emissions.coherence}
    return {**field, "reach": dict(emissions.reach), "n_spots": emissions.n_spots, "blocks": blocks}


def emissions_of(stored: Mapping[str, Any], search: DomainSettings) -> Emissions:
    """The inverse of :func:`stored_emissions`; ``stored`` also holds ``spare``, ``search`` the settings of the search for domains."""
    blocks = {int(m): block for m, block in stored["blocks"].items()}
    chosen = sorted(blocks)
    return Emissions(
        tuple(chosen),
        tuple(float(blocks[m]["weight"]) for m in chosen),
        tuple(Whitening(np.asarray(blocks[m]["mean"]), np.asarray(blocks[m]["axes"])) for m in chosen),
        tuple(Gaussians(np.asarray(blocks[m]["means"]), np.asarray(blocks[m]["covariances"])) for m in chosen),
        tuple(int(h) for h in stored["hops"]),
        float(stored["coherence"]),
        {name: float(value) for name, value in stored["reach"].items()},
        tuple(np.asarray(blocks[m]["sizes"]) for m in chosen),
        int(stored["n_spots"]),
        float(stored["spare"]),
        search,
    )


def stored_readout(readout: Readout) -> dict[str, np.ndarray]:
    """Arrays of the Gaussians that assign spots to domains."""
    map_ = {"axes": readout.to_own.axes, "shift": readout.to_own.shift}
    return {**map_, "shares": readout.shares, "means": readout.means, "covariance": readout.covariance}


def readout_of(stored: Mapping[str, np.ndarray]) -> Readout:
    """The inverse of :func:`stored_readout`."""
    parts = {name: np.asarray(values) for name, values in stored.items()}
    to_own = Affine(parts["axes"], parts["shift"])
    return Readout(to_own, parts["shares"], parts["means"], parts["covariance"])
