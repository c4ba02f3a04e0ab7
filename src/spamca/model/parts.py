"""Parts of a model as arrays and numbers, and back."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from spamca._records import plain
from spamca.cluster.readout import Readout
from spamca.cluster.reduction import Affine
from spamca.domains import DEFAULTS, DomainSettings, Emissions, Gaussians, Whitening
from spamca.nn.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spamca.tissue import Tissue

S = TypeVar("S", Settings, DomainSettings)

PACKAGES = ("spamca", "torch", "lightning", "torch-geometric", "anndata", "mudata", "scanpy", "numpy")
"""Packages whose versions are kept with the result."""


def versions() -> dict[str, str]:
    """Versions of Python and of :data:`PACKAGES`."""
    return {"python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES}


def stored_settings(settings: Settings, search: DomainSettings) -> dict[str, Any]:
    """Settings as files keep them: all of the network, and those of the search for domains that differ from the defaults."""
    usual = asdict(DEFAULTS)
    values = asdict(settings) | {name: value for name, value in asdict(search).items() if value != usual[name]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def settings_of(kind: type[S], record: Mapping[str, Any]) -> S:
    """Settings of the network, or of the search for domains, from what files give back; other entries of the record are left out."""
    return kind(**{one.name: plain(record[one.name]) for one in fields(kind) if one.name in record})


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


def spare_of(stored: Mapping[str, Any], search: DomainSettings, tissue: Tissue, assignment: np.ndarray) -> float:
    """The ``spare`` of :class:`~spamca.domains.Emissions` that are stored without it, by the tissue of the training and its domains (n, K)."""
    emissions = emissions_of({**stored, "spare": 0.0}, search)
    components = emissions.components(tissue.features, tissue.present, tissue.graph)
    return emissions.with_spare(components, assignment).spare


def stored_readout(readout: Readout) -> dict[str, np.ndarray]:
    """Arrays of the Gaussians that assign spots to domains."""
    map_ = {"axes": readout.to_own.axes, "shift": readout.to_own.shift}
    return {**map_, "shares": readout.shares, "means": readout.means, "covariance": readout.covariance}


def readout_of(stored: Mapping[str, np.ndarray]) -> Readout:
    """The inverse of :func:`stored_readout`."""
    parts = {name: np.asarray(values) for name, values in stored.items()}
    to_own = Affine(parts["axes"], parts["shift"])
    return Readout(to_own, parts["shares"], parts["means"], parts["covariance"])
