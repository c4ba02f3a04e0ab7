"""``Model``: a trained network with all that it takes to find its domains in other tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from spamca import _keys
from spamca.model import StoredModel

if TYPE_CHECKING:
    from mudata import MuData


class Model(StoredModel):
    """A trained network with all that it takes to find its domains in other tissue.

    It holds how features are prepared, how graphs are built, what the domains look like, and the weights of the network;
    nothing of the tissue itself. :func:`spamca.tl.transform` applies it.

    Parameters
    ----------
    header
        Everything but the arrays, as JSON knows it.
    arrays
        The arrays, by name. :meth:`from_mudata` and :meth:`load` give both.

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

    @classmethod
    def from_mudata(cls, mdata: MuData, key: str = _keys.SPAMCA) -> Self:
        """The model that a tissue was trained to.

        Parameters
        ----------
        mdata
            Tissue after :func:`spamca.tl.integrate`; after ``preset="paper"`` also :func:`spamca.tl.cluster`.
        key
            Their ``key_added``.

        Returns
        -------
        The model.

        Raises
        ------
        TypeError
            If ``mdata`` is not a MuData.
        KeyError
            If it was not integrated or has no domains under that name, or the posterior or the spatial graph is gone.
        ValueError
            If its features are no longer those that the network was trained on, or domains were read from another embedding.
        """
        from spamca.tl._to_model import parts_of

        return cls.checked(*parts_of(mdata, key))
