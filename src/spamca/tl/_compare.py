"""``tl.compare``: differences between groups of sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy.sparse import csr_matrix

from spamca import _checks, _edge, _keys
from spamca.tl._columns import adjacency_of, domains_of, sections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from mudata import MuData

WHAT = ("share", "neighbors", "feature")


def compare(
    mdata: MuData,
    groupby: str,
    *,
    key: str = _keys.SPAMCA,
    reference: str | int | None = None,
    what: str | Sequence[str] | None = None,
    modality: str | None = None,
    features: Sequence[str] | None = None,
    layer: str | None = None,
    donor_key: str | None = None,
    covariates: Sequence[str] = (),
    test: str | None = None,
    library_key: str | None = None,
    n_permutations: int = 10_000,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    copy: bool = False,
) -> MuData | None:
    """Compare domains between groups of sections: their shares, their neighbours and their features.

    The unit is the section, or the donor where ``donor_key`` names one, and never the spot: spots of a section are not
    independent, and a test that counts them finds differences between any two sections (Squair et al. 2021). Each section gives
    one value for each thing that is compared:

    - **share** of a domain, as a centred log ratio (Aitchison 1982): a domain that grows hardly moves the others;
    - **neighbors**: which part of the border of a domain is with another one, against what would be by chance, as in
      :func:`spamca.tl.describe`;
    - **feature**: its pseudo-bulk in a domain, log2 counts per million, or the mean where the features are no counts.

    Two groups are compared by a permutation test of Welch's t, exact where there are few sections. Its p-value cannot be below
    one over the number of arrangements: 3 against 3 sections never reach 0.05, 4 against 4 reach 0.029, 6 against 6 reach 0.0022.
    With several sections of a donor, donors are permuted, or sections within donors where each donor has both groups. Covariates,
    and donors of which only some have both groups, need a linear mixed model.

    The domains have to be the same in all sections, found together: :func:`spamca.pp.neighbors` with ``library_key``, then
    :func:`spamca.tl.integrate`. Domains that were found in each section by itself, and matched or named afterwards, are no basis
    for a comparison. Neither are groups that were measured in different batches (slides, days, laboratories): the difference
    between batches would pass for one between groups, or, with ``batch_correction``, a difference between groups for one between
    batches.

    Parameters
    ----------
    mdata
        Several sections with common domains.
    groupby
        Column of ``obs`` with the group of each section, such as ``"condition"``.
    key
        Column of ``obs`` with the domains.
    reference
        Name of the group that the others are compared with, ``"1"`` or 1 where groups are numbers; by default the first category.
    what
        Of ``"share"``, ``"neighbors"`` and ``"feature"``; by default shares, neighbours where there are three domains and a
        spatial graph, and features where a ``modality`` is named.
    modality, features, layer
        Modality whose features are compared, which of them, by default all, and the layer that holds them, by default counts
        where there are any. Features with fewer than ten counts in a domain in most sections are left out.
    donor_key
        Column of ``obs`` with the donor of each section.
    covariates
        Columns of ``obs`` with other properties of the sections that may matter, such as age.
    test
        ``"permutation"``; ``"t"``, Welch's or the paired t test, for few sections whose values are close to normal; or
        ``"mixed"``, a linear mixed model. By default the first, and the last where it is needed.
    library_key
        Column of ``obs`` with the section of each spot; by default that of the spatial graph.
    n_permutations
        Most arrangements of the sections: where there are more, so many random ones are drawn.
    random_state
        Seed of random arrangements.
    copy
        Whether to return a changed copy and leave ``mdata`` as it is.

    Returns
    -------
    None, or the changed copy if ``copy``. With ``key="spamca"`` it has

    ``mdata.uns["spamca_comparison"]["table"]``
        A data frame with a row for each group but the reference and each value: ``what``, ``domain``, ``other`` (neighbour, or
        feature as ``"<modality>:<feature>"``), ``group``, ``reference``, ``n_group`` and ``n_reference`` (sections),
        ``mean_group`` and ``mean_reference`` (shares; shares of the border; log2 counts per million, or features), ``effect`` of
        the group with its 95 % interval, ``ci_low`` and ``ci_high``, by the t distribution (log2 ratio of shares, centred; log2
        ratio of enrichments; difference of features), ``p_value``, ``q_value`` (Benjamini and Hochberg, over all rows with the
        same ``what`` and ``group``), and ``p_least``, the smallest p-value possible. p-values are NaN where a group has fewer
        than three sections or donors.
    ``mdata.uns["spamca_comparison"]["sections"]``
        Number and share of the spots of each domain in each section, and its group.

    Raises
    ------
    TypeError
        If an argument is not of its kind.
    KeyError
        If a column, modality, layer or feature is not there.
    ValueError
        If the sections cannot be compared: there are none, a column is not the same all over a section, or domains are not common
        to sections. ``mdata`` is unchanged after an error.

    See Also
    --------
    spamca.tl.describe : each section by itself.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=1200, n_domains=3, n_sections=8)
    >>> spamca.pp.neighbors(mdata, library_key="section")
    >>> treated = ["section 1", "section 2", "section 3", "section 4"]
    >>> mdata.obs["condition"] = mdata.obs["section"].isin(treated).map({True: "treated", False: "control"})
    >>> spamca.tl.compare(mdata, "condition", key="label", modality="protein")
    >>> table = mdata.uns["label_comparison"]["table"]
    >>> table["what"].unique().tolist()
    ['share', 'neighbors', 'feature']
    """
    from spamca.groups import TESTS
    from spamca.shapes.tables import Domains
    from spamca.tl._compared import check_common, modality_features, neighbors, section_table, shares, table_of
    from spamca.tl._sections import choose_test, design_of, tell

    _checks.check_mudata(mdata, copy=copy)
    seed = _checks.check_seed(random_state)
    _checks.check_count("n_permutations", n_permutations, least=100)
    if test is not None:
        _checks.check_choice("test", test, TESTS)
    for name, given in {"covariates": covariates, "features": features}.items():
        if isinstance(given, str):
            msg = f"{name} must be a list of {'columns' if name == 'covariates' else name}, got {given!r}; pass [{given!r}]"
            raise TypeError(msg)
    for name, needs in {"features": features, "layer": layer}.items():
        if needs is not None and modality is None:
            msg = f"{name}={needs!r} needs a modality; pass modality={next(iter(mdata.mod))!r}"
            raise ValueError(msg)
    names, labels = domains_of(mdata, key)
    sections, section = sections_of(mdata, library_key, "compare")
    chosen = _chosen(mdata, what, modality, len(names))
    graph = adjacency_of(mdata) if "neighbors" in chosen else csr_matrix((mdata.n_obs, mdata.n_obs))
    tissue = Domains(labels, names, section, sections, graph)
    check_common(tissue, key)
    design, groups, at = design_of(mdata, groupby, reference, donor_key, covariates, (sections, section))
    used = choose_test(test, design)
    options = {"test": used, "n_permutations": n_permutations, "random_state": seed}
    with _edge.transaction(mdata, copy=copy) as target:
        found = {"share": shares(tissue)} if "share" in chosen else {}
        if "neighbors" in chosen:
            found["neighbors"] = neighbors(tissue)
        if "feature" in chosen and modality is not None:
            found["feature"] = modality_features(target, tissue, modality, features, layer)
        table = table_of(found, design, groups, at, **options)
        tell(design, groups, at, table.groupby("group", observed=True)["p_least"].min())
        params: dict[str, Any] = {
            "groupby": groupby,
            "reference": groups[at],
            "donor_key": donor_key,
            "covariates": list(covariates),
        }
        params |= {"modality": modality, "layer": layer, **options}
        sizes = section_table(tissue, design, groups)
        target.uns[_keys.comparison(key)] = {"table": table, "sections": sizes, "params": params}
    return target if copy else None


def _chosen(mdata: MuData, what: str | Sequence[str] | None, modality: str | None, n_domains: int) -> list[str]:
    """What to compare, in the order of ``WHAT``."""
    if modality is not None:
        _checks.check_choice("modality", modality, mdata.mod)
    if what is None:
        graph = _keys.connectivities(_keys.SPATIAL) in mdata.obsp and n_domains > 2
        return ["share", *["neighbors"] * graph, *["feature"] * (modality is not None)]
    given = [what] if isinstance(what, str) else list(what)
    if not given:
        msg = f"what={what!r} names nothing to compare; name some of {list(WHAT)}, or leave what out"
        raise ValueError(msg)
    for name in given:
        _checks.check_choice("what", name, WHAT)
    if "feature" in given and modality is None:
        msg = f"what={what!r} needs a modality; pass modality={next(iter(mdata.mod))!r}"
        raise ValueError(msg)
    if "neighbors" in given and n_domains < 3:
        msg = f"what={what!r}: with {n_domains} domains the border of each is with the other; leave 'neighbors' out"
        raise ValueError(msg)
    return [name for name in WHAT if name in given]
