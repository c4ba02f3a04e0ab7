"""``Model``: what a training finds, and all that it takes to find its domains in other tissue."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca._checks import check_flag, check_path
from spamca.model import file
from spamca.model.check import check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from mudata import MuData

    from spamca.cluster.readout import Readout
    from spamca.domains import DomainSettings, Emissions
    from spamca.features import Fitted
    from spamca.nn import Settings, SpaMCA


class Model:
    """A trained model: all that it takes to find its domains in other tissue with :func:`spamca.tl.transform`.

    It holds how features are prepared and graphs built, what the domains look like, and the weights of the network, and nothing of the
    tissue itself.

    Parameters
    ----------
    header, arrays
        Numbers and names, and arrays. :meth:`from_mudata` and :meth:`load` give both.

    See Also
    --------
    spamca.tl.transform : domains of other tissue.

    Examples
    --------
    >>> import spamca
    >>> tissue = spamca.datasets.simulated(n_spots=400, n_sections=2, batch_effect=0)
    >>> mdata, other = (tissue[tissue.obs["section"] == f"section {i}"].copy() for i in (1, 2))
    >>> spamca.tl.integrate(mdata, n_clusters=5, max_epochs=10, progress_bar=False)
    >>> spamca.Model.from_mudata(mdata).save("tissue.safetensors")
    >>> model = spamca.Model.load("tissue.safetensors")
    >>> model.domains
    ['0', '1', '2', '3', '4']
    >>> spamca.tl.transform(other, model)
    >>> other.obsm["X_spamca"].shape
    (200, 60)
    """

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        self.header = dict(header)
        self.arrays = dict(arrays)

    @classmethod
    def from_mudata(cls, mdata: MuData, key: str = _keys.SPAMCA) -> Model:
        """The model of a tissue that was trained on.

        Parameters
        ----------
        mdata
            Tissue after :func:`spamca.tl.integrate`; after ``preset="paper"`` also :func:`spamca.tl.cluster`.
        key
            Their ``key_added``.

        Raises
        ------
        TypeError
            If ``mdata`` is not a MuData.
        KeyError
            If it has no network or no domains under that name, or the posterior or the spatial graph is missing.
        ValueError
            If its features are no longer those of the training, or domains were found in another embedding.
        """
        from spamca.model.from_mudata import parts_of

        model = cls(*parts_of(mdata, key))
        check(model)
        return model

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Read a model from a file. It gives bit for bit what the saved one gives; nothing in the file is run.

        Parameters
        ----------
        path
            What :meth:`save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not a model, cut short, changed after it was saved, or of an unknown version.
        """
        model = cls(*file.read(check_path("path", path, text=True)))
        try:
            check(model)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            msg = f"{str(path)!r} holds no whole model: {error}; train again and save with spamca.Model.save"
            raise ValueError(msg) from error
        return model

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to one file: its arrays as safetensors, everything else as JSON in the same file.

        Parameters
        ----------
        path
            The file, by custom ``*.safetensors``.
        overwrite
            Whether to replace a file that exists, when the new one is complete.

        Raises
        ------
        FileExistsError
            If the file exists, unless ``overwrite``.
        """
        check_flag("overwrite", overwrite)
        place = check_path("path", path, unfinished=f".{os.getpid()}.part.", text=True)
        if place.exists() and not overwrite:
            msg = f"path={str(path)!r} exists already; pass overwrite=True to replace it, or name another file"
            raise FileExistsError(msg)
        file.write(place, self.header, self.arrays)

    @property
    def domains(self) -> list[str]:
        """Names of the domains."""
        return list(self.header["domains"])

    @property
    def members(self) -> np.ndarray:
        """Domain of each component of the search, integers (K,): several have one where domains were merged."""
        import numpy as np

        return np.asarray(self.header.get("members", range(len(self.domains))), dtype=np.int64)

    @property
    def colors(self) -> list[str]:
        """Colour of each domain."""
        return list(self.header["colors"])

    @property
    def modalities(self) -> list[str]:
        """Names of the modalities."""
        return [modality["name"] for modality in self.header["modalities"]]

    @cached_property
    def settings(self) -> Settings:
        """Choices of the network and its training."""
        from spamca.model.parts import settings_of
        from spamca.nn import Settings

        return settings_of(Settings, self.header["settings"])

    @cached_property
    def domain_settings(self) -> DomainSettings:
        """Settings of the search for domains."""
        from spamca import domains
        from spamca.model.parts import settings_of

        return settings_of(domains.DomainSettings, self.header["settings"])

    @cached_property
    def network(self) -> SpaMCA:
        """The network, in evaluation mode, on the CPU; built when it is first used. ValueError if its weights do not fit the settings."""
        from spamca.model.network import rebuild

        widths = [modality["n_comps"] for modality in self.header["modalities"]]
        return rebuild(self.settings, widths, self.header["n_clusters"], self.under("network"))

    @cached_property
    def emissions(self) -> Emissions | None:
        """What the domains look like in the features; None where neighbours shared nothing."""
        from spamca.model.parts import emissions_of

        stored = self.header["field"]
        if stored is None:
            return None
        blocks = {m: {"weight": weight, **self.under(f"field.{m}")} for m, weight in stored["weights"].items()}
        return emissions_of({**stored, "blocks": blocks}, self.domain_settings)

    @cached_property
    def readout(self) -> Readout | None:
        """Gaussians that assign an embedding to the domains; None where domains are found in the features."""
        from spamca.model.parts import readout_of

        stored = self.under("readout")
        return readout_of(stored) if stored else None

    def fitted(self, modality: int) -> Fitted | None:
        """How the features of a modality are prepared; None where the user brings them."""
        from spamca.features import Fitted

        described = self.header["modalities"][modality]
        if described["features"] is None:
            return None
        columns = self.under(f"preparation.{modality}")
        return Fitted(columns.pop("loadings"), columns, described["constants"])

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays whose names begin with a prefix and a dot, by the rest of their names."""
        start = f"{prefix}."
        return {name.removeprefix(start): values for name, values in self.arrays.items() if name.startswith(start)}

    def __repr__(self) -> str:
        settings, header = self.settings, self.header
        lines = [f"Model of {len(self.domains)} domains, trained on {header['n_spots']:,} spots ({header['key']!r})"]
        for modality in header["modalities"]:
            source = f"{modality['use_rep']!r}"
            if modality["features"] is not None:
                source += f" of {len(modality['features']):,} features"
            lines.append(f"  {modality['name']}: {modality['kind']}, {modality['n_comps']} columns {source}")
        lines.append(f"  domains: {', '.join(self.domains)}")
        lines.append(f"  embedding: {settings.n_latent} columns; domains by {header['method']}")
        shown = {"kind", "n_neighbors", "radius", "n_rings", "name"}
        spatial = [f"{name}={value!r}" for name, value in header["graphs"]["spatial"].items() if name in shown]
        lines.append(f"  spatial graph: {', '.join(spatial)}")
        lines.append(f"  spamca {header['versions']['spamca']}, random_state={header['random_state']}")
        return "\n".join(lines)
