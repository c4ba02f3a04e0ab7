"""Parts of a model as arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.cluster.readout import Readout
from spamca.cluster.reduction import Affine
from spamca.domains import Emissions, Gaussians, Whitening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spamca.model.model import Model


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


def check_parts(model: Model) -> None:
    """Whether all parts of a model are there and fit each other.

    Raises
    ------
    KeyError, TypeError, IndexError, ValueError
        If not.
    """
    repr(model)
    header, settings = model.header, model.settings
    n_domains, widths = len(model.domains), [modality["n_components"] for modality in header["modalities"]]
    _check(len(model.network.tokens) == len(widths) > 0, "the network has other modalities")
    _check(len(model.colors) == n_domains > 0, "domains and colours differ in number")
    readout = model.readout
    if readout is not None:
        r = readout.means.shape[1]
        shapes = (readout.to_own.axes.shape, readout.to_own.shift.shape, readout.shares.shape, readout.covariance.shape)
        _check(readout.means.shape[0] == n_domains, "the read-out has other domains")
        _check(
            shapes == ((model.network.n_latent, r), (r,), (n_domains,), (r, r)),
            "the read-out does not fit the embedding",
        )
    for m, described in enumerate(header["modalities"]):
        fitted = model.fitted(m)
        if fitted is not None:
            n = len(described["features"])
            _check("centre" in fitted.columns, f"{described['name']!r} has no centre")
            _check(fitted.loadings.shape == (n, widths[m]), f"the loadings of {described['name']!r} do not fit")
            _check(all(v.shape == (n,) for v in fitted.columns.values()), f"{described['name']!r} has other features")
        if "feature" in settings.views:
            _check(described["name"] in header["graphs"]["features"], f"no graph of {described['name']!r} is described")
    emissions = model.emissions
    if emissions is None:
        _check(readout is not None, "nothing describes the domains")
        return
    _check(
        readout is not None or len(emissions.gaussians[0].means) == n_domains, "domains and what they look like differ"
    )
    for m, whitening, gaussians in zip(emissions.modalities, emissions.whitenings, emissions.gaussians, strict=True):
        r = whitening.axes.shape[1] * len(emissions.hops)
        k = emissions.gaussians[0].means.shape[0]
        _check(whitening.axes.shape[0] == whitening.mean.shape[0] == widths[m], "components do not fit the features")
        _check(gaussians.means.shape == (k, r) and gaussians.covariances.shape == (k, r, r), "domains do not fit")
    _check(all(sizes.shape == (k,) for sizes in emissions.sizes), "sizes of the domains do not fit")


def _check(fits: bool, what: str) -> None:  # noqa: FBT001
    if not fits:
        raise ValueError(what)
