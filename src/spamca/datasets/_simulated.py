"""Simulated spatial multi-omics tissue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spamca import _edge, _keys
from spamca._checks import check_choice, check_count, check_flag, check_name, check_real, check_seed
from spamca.datasets._counts import KINDS, draw_counts, draw_modality
from spamca.datasets._tissue import LAYOUTS, PATTERNS, draw_sections, seen_as

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData
    from mudata import MuData


def simulated(
    *,
    n_spots: int = 1296,
    modalities: Sequence[str] | Mapping[str, str] = ("rna", "protein"),
    n_domains: int = 5,
    n_features: int | Mapping[str, int] | None = None,
    layout: str = "grid",
    pattern: str = "blobs",
    difficulty: float = 0.5,
    n_sections: int = 1,
    batch_effect: float = 0.3,
    means: bool = False,
    random_state: int | np.random.RandomState | np.random.Generator | None = 0,
) -> MuData:
    """Simulate tissue with known spatial domains that no modality can find alone.

    Domains are contiguous patches or bands. Counts come from a negative binomial whose mean is the product of library
    size, the level of the feature, a fold change in marker features of the domain, and a few programs that vary from
    spot to spot regardless of place; some counts are then lost (dropout). Each modality is blind to some pairs of
    domains, and no two domains look alike to all modalities.

    Parameters
    ----------
    n_spots
        Number of spots, up to a million: spots are drawn in blocks, so that memory holds little but the result.
    modalities
        Kinds of omics (``"rna"``, ``"protein"``, ``"atac"``), which are then the names as well, or names with their
        kinds, such as ``{"rna": "rna", "adt": "protein"}``.
    n_domains
        Number of domains. With fewer than three, or with one modality, nothing is blind.
    n_features
        Number of features, of every modality or by name; by default 300 genes, 60 proteins, 600 peaks.
    layout
        ``"grid"`` (square), ``"hexagonal"`` (as Visium) or ``"random"`` (as cells); about one spot per unit of area.
    pattern
        ``"blobs"``: patches with winding borders, one to three for each domain; ``"layers"``: bent bands.
    difficulty
        From 0 to 1: weakens the markers and raises the noise. At 0 single spots are nearly enough, at 0.5 neighbours must
        be used, at 1 that no longer suffices.
    n_sections
        Number of sections that the spots are spread over. Each has the same domains in other shapes, and coordinates of
        its own, which overlap with those of the others.
    batch_effect
        With several sections: standard deviation of the log fold change of every feature in each of them. At 0.3 sections
        differ about as domains do, at 1 much more.
    means
        Whether to keep the mean of the negative binomial (library size included, dropout not) in
        ``mdata[modality].layers["mean"]``, dense float32.
    random_state
        Seed. The same seed gives the same tissue.

    Returns
    -------
    MuData
        Whole-number counts (CSR, float32) as ``X`` of each modality, and

        - ``obs["label"]``: the domain, a categorical of strings; with several sections ``obs["section"]``;
        - ``obsm["spatial"]``: coordinates (n_spots, 2), in each modality as well;
        - ``mdata[modality].var["marker"]``: whether a feature differs between any domains; ``var["feature_types"]``;
        - ``uns["simulation"]``: the arguments, and in ``"seen_as"`` a DataFrame (domains, modalities): domains with the same
          entry look alike to that modality.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind or in its range, or spots are too few for the domains.

    Examples
    --------
    >>> import spamca
    >>> mdata = spamca.datasets.simulated(n_spots=200, n_domains=3)
    >>> mdata.obs["label"].cat.categories.tolist()
    ['domain 1', 'domain 2', 'domain 3']
    >>> print(mdata.uns["simulation"]["seen_as"])
                               rna               protein
    domain 1  domain 1 or domain 2              domain 1
    domain 2  domain 1 or domain 2  domain 2 or domain 3
    domain 3              domain 3  domain 2 or domain 3
    """
    import pandas as pd
    from anndata import AnnData
    from mudata import MuData

    kinds = _kinds(modalities)
    widths = _widths(n_features, kinds)
    check_count("n_sections", n_sections, least=1)
    check_count("n_domains", n_domains, least=1)
    check_count("n_spots", n_spots, least=n_sections * max(2, n_domains))
    check_choice("layout", layout, LAYOUTS)
    check_choice("pattern", pattern, PATTERNS)
    check_real("difficulty", difficulty, least=0, most=1)
    check_real("batch_effect", batch_effect, least=0)
    check_flag("means", means)
    random_state = check_seed(random_state)

    section, spatial, domain = draw_sections(n_spots, n_sections, n_domains, layout, pattern, random_state)
    names = pd.Index([f"domain {i + 1}" for i in range(n_domains)])
    classes = seen_as(n_domains, len(kinds))
    obs_names = pd.Index([f"spot{i}" for i in range(n_spots)])

    mod: dict[str, AnnData] = {}
    used: Counter[str] = Counter()
    for i, (name, kind) in enumerate(kinds.items()):
        seed = [random_state, 2 + i]
        parts = draw_modality(
            KINDS[kind], classes[:, i], widths[name], difficulty, seed, n_sections=n_sections, batch_effect=batch_effect
        )
        counts, mean = draw_counts(parts, domain + n_domains * section, seed, means=means)
        features = [KINDS[kind].name(used[kind] + j) for j in range(widths[name])]
        var = pd.DataFrame({"feature_types": KINDS[kind].feature_types, "marker": parts.marker}, index=features)
        obs, obsm = pd.DataFrame(index=obs_names), {_keys.SPATIAL: spatial.copy()}
        mod[name] = AnnData(counts, obs=obs, var=var.astype({"feature_types": "category"}), obsm=obsm)
        if mean is not None:
            mod[name].layers["mean"] = mean
        used[kind] += widths[name]

    with _edge.without_pull():
        mdata = MuData(mod)
    mdata.obs["label"] = pd.Categorical.from_codes(domain, categories=names)
    if n_sections > 1:
        mdata.obs["section"] = pd.Categorical.from_codes(section, [f"section {s + 1}" for s in range(n_sections)])
    mdata.obsm[_keys.SPATIAL] = spatial.copy()
    seen = {m: [" or ".join(names[of == c]) for c in of] for m, of in zip(kinds, classes.T, strict=True)}
    mdata.uns["simulation"] = {
        "n_domains": n_domains,
        "layout": layout,
        "pattern": pattern,
        "difficulty": float(difficulty),
        **({"n_sections": n_sections, "batch_effect": float(batch_effect)} if n_sections > 1 else {}),
        "random_state": random_state,
        "kinds": kinds,
        "seen_as": pd.DataFrame(seen, index=names),
    }
    return mdata


def _kinds(modalities: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Kind of omics by name of the modality."""
    if isinstance(modalities, str):
        modalities = [modalities]
    if not isinstance(modalities, (Mapping, Sequence)):
        msg = f"modalities must be a list of kinds or a mapping of names to kinds, got {modalities!r}"
        raise TypeError(msg)
    for name in modalities:
        check_name("modalities: every name", name)
    kinds = dict(modalities) if isinstance(modalities, Mapping) else {name: name for name in modalities}
    if not kinds or len(kinds) < len(modalities):
        msg = f"modalities={modalities!r} must name at least one modality and none twice; give names as a mapping"
        raise ValueError(msg)
    for name, kind in kinds.items():
        check_choice(f"kind of modality {name!r}", kind, KINDS)
    return kinds


def _widths(n_features: int | Mapping[str, int] | None, kinds: Mapping[str, str]) -> dict[str, int]:
    """Number of features by name of the modality."""
    widths = {name: KINDS[kind].n_features for name, kind in kinds.items()}
    if isinstance(n_features, Mapping):
        if unknown := set(n_features) - set(kinds):
            msg = f"n_features names {sorted(unknown)}, which are not among the modalities {list(kinds)}"
            raise ValueError(msg)
        widths |= n_features
    elif n_features is not None:
        widths = dict.fromkeys(kinds, n_features)
    for name, width in widths.items():
        check_count(f"n_features of modality {name!r}", width, least=2)
    return widths
