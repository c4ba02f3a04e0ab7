"""``tl.rename_domains``: domains under other names, and several as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    from mudata import MuData


def rename_domains(
    mdata: MuData, names: Mapping[str, str], *, key: str = _keys.SPAMCA, copy: bool = False
) -> MuData | None:
    r"""Give domains other names, and merge those that get the same name.

    Labels, colours, posterior and results in the MuData and in every modality follow, and so does :class:`spamca.Model`: a model that is
    made of the tissue, saved and applied to other tissue gives domains of the new names. Spots keep their domain. The probability
    of a merged domain is the sum of those of its parts, :math:`p_{id} = \sum_{k \in d} p_{ik}`.

    Parameters
    ----------
    mdata
        Tissue with domains.
    names
        New name of each domain by its old one, such as ``{"0": "follicle", "3": "follicle", "1": "medulla"}``. Domains that are not
        mentioned keep their name; the name of one of them merges with it. An empty mapping takes over what was renamed or merged
        by hand in ``mdata.obs``.
    key
        Name of the domains: the ``key_added`` of :func:`spamca.tl.integrate` or :func:`spamca.tl.cluster`, or another column
        of categories.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key="spamca"`` it has

    ``mdata.obs["spamca"]``
        The new names, in the order of the old ones; a merged domain takes the place of the first of its parts. In each modality too.
    ``mdata.obs["spamca_confidence"]``, ``mdata.obsm["spamca_posterior"]``
        Probability of the domain of the spot, and of every domain, (n_obs, n_domains). A spot may have more of another domain, if that was
        merged from parts of which none was the most probable.
    ``mdata.uns["spamca_colors"]``
        Colours: a merged domain has that of its largest part.
    ``mdata.obsm["spamca_components"]``, ``mdata.uns["spamca"]["cluster"]["names"]``
        After a merge, probability of the parts, which the model still describes, (n_obs, n_parts); and the domain of each part.

    Drivers, descriptions, trees, trajectories and comparisons follow new names. A merge removes them, which is logged.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or ``names`` no mapping of names to names.
    KeyError
        If there is no such column, or no domain of an old name.
    ValueError
        If a new name is blank, or begins or ends with a space, or spots were given other labels by hand, so that model and posterior
        cannot follow. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.cluster : another number of domains.
    spamca.tl.hierarchy : which domains belong together.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, random_state=0)
    >>> spamca.tl.integrate(mdata, n_clusters=4, max_epochs=10, progress_bar=False)
    >>> spamca.tl.rename_domains(mdata, {"0": "cortex", "3": "cortex", "1": "medulla"})
    >>> list(mdata.obs["spamca"].cat.categories)
    ['cortex', 'medulla', '2']
    >>> spamca.Model.from_mudata(mdata).domains
    ['cortex', 'medulla', '2']
    """
    import pandas as pd

    from spamca.tissue import write_renamed

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_name("key", key)
    if key not in mdata.obs:
        msg = f"key={key!r} is not a column of mdata.obs, which has {list(mdata.obs)}; call spamca.tl.integrate(mdata)"
        raise KeyError(msg)
    values = mdata.obs[key]
    if _checks.is_number(values):
        msg = f"key={key!r} holds numbers, but must hold domains; name a column of categories, such as {_keys.SPAMCA!r}"
        raise ValueError(msg)
    known = [str(name) for name in pd.Categorical(values).categories]
    _check_names(names, known, key)
    new = {name: names.get(name, name) for name in known}
    with _edge.transaction(mdata, copy=copy) as target:
        write_renamed(target, new, key)
    parts = {name: [old for old in known if new[old] == name] for name in dict.fromkeys(new.values())}
    for name, merged in parts.items():
        if len(merged) > 1:
            logger.info("rename_domains: merged %s into %r", merged, name)
    return target if copy else None


def _check_names(names: Mapping[str, str], known: list[str], key: str) -> None:
    """Whether names are given for domains that there are (TypeError, KeyError, ValueError)."""
    if not isinstance(names, Mapping) or not all(isinstance(name, str) for pair in names.items() for name in pair):
        msg = f"names must map names of domains to new names, such as {{'0': 'cortex'}}, got {names!r}"
        raise TypeError(msg)
    if unknown := [name for name in names if name not in known]:
        msg = f"names has {unknown}, which mdata.obs[{key!r}] does not hold; it has {known}"
        raise KeyError(msg)
    if empty := [name for name, new in names.items() if not new.strip()]:
        msg = f"names must not be empty or blank, got names[{empty[0]!r}]={names[empty[0]]!r}; leave it out to keep the name"
        raise ValueError(msg)
    if spaced := [name for name, new in names.items() if new != new.strip()]:
        old, new = spaced[0], names[spaced[0]]
        msg = f"names must not begin or end with a space, which cannot be seen in figures, got names[{old!r}]={new!r}; pass {new.strip()!r}"
        raise ValueError(msg)
