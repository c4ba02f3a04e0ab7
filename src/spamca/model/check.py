"""Whether the parts of a model are all there and fit each other."""

from __future__ import annotations

from typing import Any


def check(model: Any) -> None:  # a Model, whose file imports this one
    """Whether all parts are there and fit each other (KeyError, TypeError, IndexError, ValueError).

    Weights are compared with the settings of the network when ``network`` is first used, which needs torch.
    """
    repr(model)
    header, n_domains = model.header, len(model.domains)
    widths = [modality["n_comps"] for modality in header["modalities"]]
    n_tokens = sum(name.startswith("tokens.") for name in model.under("network"))
    _check(n_tokens == len(widths) > 0, "the network has other modalities")
    _check(len(model.colors) == n_domains > 0, "domains and colours differ in number")
    members = model.members
    _check(set(members.tolist()) == set(range(n_domains)), "parts and domains differ")
    for m, described in enumerate(header["modalities"]):
        fitted, name = model.fitted(m), described["name"]
        if fitted is not None:
            n, columns = len(described["features"]), fitted.columns
            _check("centre" in columns, f"{name!r} has no centre")
            _check(fitted.loadings.shape == (n, widths[m]), f"the loadings of {name!r} do not fit")
            _check({values.shape for values in columns.values()} == {(n,)}, f"{name!r} has other features")
        if "feature" in model.settings.views:
            _check(name in header["graphs"]["features"], f"no graph of {name!r} is described")
    emissions, readout = model.emissions, model.readout
    if readout is not None:
        k, r = readout.means.shape
        _check(k == len(members), "the read-out has other domains")
        parts = readout.to_own.axes, readout.to_own.shift, readout.shares, readout.covariance
        fits = [part.shape for part in parts] == [(model.settings.width(widths), r), (r,), (k,), (r, r)]
        _check(fits, "the read-out does not fit the embedding")
    if emissions is None:
        _check(readout is not None, "nothing describes the domains")
        return
    k = len(emissions.gaussians[0].means)
    _check(readout is not None or k == len(members), "domains and what they look like differ")
    blocks = zip(emissions.modalities, emissions.whitenings, emissions.gaussians, strict=True)
    for m, whitening, gaussians in blocks:
        d, r = len(whitening.axes), whitening.axes.shape[1] * len(emissions.hops)
        _check(d == len(whitening.mean) == widths[m], "components do not fit the features")
        fits = (gaussians.means.shape, gaussians.covariances.shape) == ((k, r), (k, r, r))
        _check(fits, "domains do not fit")
    _check(all(sizes.shape == (k,) for sizes in emissions.sizes), "sizes of the domains do not fit")


def _check(fits: bool, what: str) -> None:  # noqa: FBT001
    if not fits:
        raise ValueError(what)
