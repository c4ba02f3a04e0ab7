"""``tl.drivers``: the features that set each domain apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spamca import _checks, _edge, _keys
from spamca._logging import logger

if TYPE_CHECKING:
    import numpy as np
    from mudata import MuData


def drivers(
    mdata: MuData,
    *,
    key: str = _keys.SPAMCA,
    groupby: str | None = None,
    n_folds: int = 5,
    spatial_key: str = _keys.SPATIAL,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    r"""Find the features of all modalities that set each domain apart from the others.

    Domains are drawn where features differ, so that a test of the same features in the same domains uses the data twice. Here every feature
    is tested in domains that were found without it. Features that took part in the domains are split into folds; the search is repeated
    without each fold, and the features of the fold are compared between the domains that it gives, each of which takes the number of the
    stored domain that it overlaps with most. Where the two share less than half of their spots, the domain was not found again, and the
    feature has no numbers in it. Features that took no part, such as genes that are not highly variable, are compared between the stored
    domains. All numbers of a feature but ``contribution`` are of those domains.

    Neighbouring spots resemble each other beyond their domain and are not independent observations. Standard errors are widened by what
    patches of neighbouring spots have in common (:func:`spamca.explain.contrasts.contrasts`). A gradient through the whole tissue makes any
    two places differ, and such features have small p-values as well. With several sections, domains are compared within sections, unless
    :func:`spamca.tl.integrate` ran without ``batch_correction``.

    Parameters
    ----------
    mdata
        Tissue after :func:`spamca.tl.integrate`, with counts or other features in ``X`` of its modalities.
    key
        The ``key_added`` of the domains.
    groupby
        Column of ``mdata.obs`` with other categories, such as an expert's regions, to compare in place of the domains. They are taken as
        they are: p-values hold only if they were not found in these features. Domains of :func:`spamca.tl.integrate` are refused: name
        them with ``key``. Those of an embedding and levels of a tree are compared with a warning.
    n_folds
        Number of folds. More leave more features to find the domains by, and take longer: the search runs once for each.
    spatial_key
        Key of ``obsm`` with the coordinates, on the MuData or in its modalities.
    random_state
        Seed of folds and searches.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. Written are

    ``mdata.uns["spamca_drivers"]``
        DataFrame with a row for each domain, modality and feature, for each domain by falling effect. With ``groupby`` it is named after
        that column. Its columns are

        - ``domain``, ``modality``, ``feature``: names;
        - ``effect``: mean in the domain less mean of the other spots, in standard deviations within domains, of values that can be compared
          between spots (logarithms of counts at one depth, centred log ratios, or values as they are);
        - ``log2_fold_change``: logarithm of the ratio of mean counts at one depth; of proteins the difference of centred log ratios; NaN
          for values that are no counts;
        - ``share_in``, ``share_out``: share of the spots with a value above zero, in the domain and elsewhere;
        - ``p_value``, ``q_value``: two-sided, and false discovery rate over the whole table (Benjamini and Hochberg 1995); NaN where no
          domains could be found without the feature, where the domain was not found again, and for domains of fewer than 10 spots;
        - ``variance_explained``: share of the feature's variance that belonging to the domain explains, about zero for noise;
        - ``contribution``: share of the feature in the evidence for the domain, through the loadings of the model; the contributions to a
          domain sum to one over all modalities, but for modalities that were not prepared here. It is negative where the feature speaks
          against the domain, and NaN for features without loadings;
        - ``overlap``: spots that the domain found without the feature shares with the stored one, of the spots in either. Below
          0.5 the domain was not found again, and all other numbers but ``contribution`` are NaN. NaN with ``groupby``.
    ``mdata[modality].var["spamca_explained"]``
        Share of each feature's variance that all domains explain together.

    Raises
    ------
    TypeError
        If ``mdata`` is not a MuData, or a number not an integer.
    KeyError
        If there are no domains under ``key``, no such column, or no graphs or coordinates.
    ValueError
        If an argument is out of range, domains were read from an embedding and not found in the features, ``groupby`` names domains that
        were, or no modality has features that can be compared. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.variance_explained : the same by modality.
    spamca.pl.drivers : a figure of them.

    Notes
    -----
    Held-out features are one way to test after clustering. Data thinning (Neufeld et al. 2024) is another; it needs counts that follow a known
    distribution.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=400, n_domains=3, difficulty=0.2)
    >>> spamca.tl.integrate(mdata, n_clusters=3, progress_bar=False)
    >>> spamca.tl.drivers(mdata)
    >>> table = mdata.uns["spamca_drivers"]
    >>> top = table.groupby("domain", observed=True).head(5)
    >>> bool((top["q_value"] < 0.05).all())
    True
    """
    from spamca.explain import not_found_again
    from spamca.tl._explained import explained
    from spamca.tl._sources import sources_of

    _checks.check_mudata(mdata, copy=copy)
    _checks.check_count("n_folds", n_folds, least=2)
    seed = _checks.check_seed(random_state)
    _checks.check_name("key", key)
    position = _checks.check_coordinates(mdata, spatial_key)
    sources = sources_of(mdata)
    if not any(source is not None for source in sources.values()):
        msg = "no modality has features in X that can be compared; give the matrices that its components were made from"
        raise ValueError(msg)
    name = key if groupby is None else groupby
    table, by_feature = explained(mdata, sources, key, groupby, position, n_folds=n_folds, random_state=seed)
    with _edge.transaction(mdata, copy=copy) as target:
        target.uns[_keys.drivers(name)] = table
        for modality, shares in by_feature.items():
            target[modality].var[_keys.explained(name)] = shares
    n_called = int((table["q_value"] < 0.05).sum())
    logger.info("drivers: %d of %d pairs of domain and feature at a false discovery rate of 0.05", n_called, len(table))
    if lost := not_found_again(table):
        logger.info("drivers: %s", lost)
    return target if copy else None
