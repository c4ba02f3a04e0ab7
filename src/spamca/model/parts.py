"""Parts of a model as arrays, and back."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.readout import Readout
from spamca.cluster.reduction import Affine
from spamca.domains import Emissions, Gaussians, Whitening

if TYPE_CHECKING:
    from collections.abc import Mapping


PACKAGES = ("spamca", "torch", "lightning", "torch-geometric", "anndata", "mudata", "scanpy", "numpy")
"""Packages whose versions are kept with the result."""


def versions() -> dict[str, str]:
    """Versions of Python and of :data:`PACKAGES`."""
    return {"python": sys.version.split()[0]} | {name: version(name) for name in PACKAGES}


def stored_emissions(emissions: Emissions) -> dict[str, Any]:
    """Numbers and arrays of what domains look like, those of a block under the number of its modality."""
    parts = zip(
        emissions.modalities,
        emissions.weights,
        emissions.whitenings,
        emissions.gaussians,
        emissions.sizes,
        strict=True,
    )
    return {
        "hops": list(emissions.hops),
        "coherence": emissions.coherence,
        "reach": dict(emissions.reach),
        "n_spots": emissions.n_spots,
        "blocks": {
            str(m): {
                "weight": weight,
                "mean": whitening.mean,
                "axes": whitening.axes,
                "means": gaussians.means,
                "covariances": gaussians.covariances,
                "sizes": sizes,
            }
            for m, weight, whitening, gaussians, sizes in parts
        },
    }


def emissions_of(stored: Mapping[str, Any]) -> Emissions:
    """The inverse of :func:`stored_emissions`, which also holds ``spare``."""
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
    )


def stored_readout(readout: Readout) -> dict[str, np.ndarray]:
    """Arrays of the Gaussians that assign spots to domains."""
    return {
        "axes": readout.to_own.axes,
        "shift": readout.to_own.shift,
        "shares": readout.shares,
        "means": readout.means,
        "covariance": readout.covariance,
    }


def readout_of(stored: Mapping[str, np.ndarray]) -> Readout:
    """The inverse of :func:`stored_readout`."""
    parts = {name: np.asarray(values) for name, values in stored.items()}
    to_own = Affine(parts["axes"], parts["shift"])
    return Readout(to_own, parts["shares"], parts["means"], parts["covariance"])
