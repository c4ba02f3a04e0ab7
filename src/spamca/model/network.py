"""A trained network as arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spamca.nn import Settings, SpaMCA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def weights_of(network: SpaMCA) -> dict[str, np.ndarray]:
    """Parameters and running statistics of a network by their names in PyTorch, as arrays of their own."""
    return {name: values.detach().cpu().numpy().copy() for name, values in network.state_dict().items()}


def n_clusters_of(weights: Mapping[str, np.ndarray]) -> int | None:
    """Number of clusters of the head of a network, from what :func:`weights_of` gave; None where it has none."""
    last = weights.get("cluster_head.3.bias")
    return None if last is None else len(last)


def rebuild(
    settings: Settings, n_features: Sequence[int], n_clusters: int | None, weights: Mapping[str, np.ndarray]
) -> SpaMCA:
    """A network from its weights, in evaluation mode, on the CPU. The global random state is left as it was.

    Parameters
    ----------
    settings
        Choices of the network.
    n_features
        Number of features of each modality, in the order of the training.
    n_clusters
        Number of clusters of the head, or None where it has none.
    weights
        What :func:`weights_of` gave.

    Raises
    ------
    ValueError
        If the weights are not those of such a network.
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


def settings_of(record: Mapping[str, Any]) -> Settings:
    """Settings from a record of their values, as files give it back; entries that are no settings are left out."""
    known = {name: value for name, value in record.items() if name in Settings.__dataclass_fields__}
    return Settings(**{name: plain(value) for name, value in known.items()})


def plain(value: Any) -> Any:
    """A value as Python knows it: files give arrays and numbers of NumPy."""
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value):
        return tuple(plain(item) for item in value)
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value
